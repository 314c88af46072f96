// Looks up what the examples' variables need, at the server.

import type { Lookup } from './examples';
import { send } from './fetcher';
import { currentToken } from './token';

async function ask(query: string, variables: Record<string, unknown> = {}): Promise<any> {
  const token = currentToken();
  const { data, errors } = await send(
    { query, variables },
    token ? { Authorization: `Bearer ${token}` } : {},
  );
  if (errors?.[0]) throw new Error(errors[0].message);
  return data;
}

export const lookup: Lookup = {
  async event() {
    const { events } = await ask(
      '{ events(first: 100) { nodes { id availability { available } } } }',
    );
    const event =
      events.nodes.find((event: any) => event.availability.available > 0) ?? events.nodes[0];
    if (!event)
      throw new Error(
        'there is no event yet; `grand-arena import` or `serve --demo` brings one in',
      );
    return event.id;
  },
  async freeSeats(event) {
    const { seats } = await ask(
      `query ($event: ID!) {
        seats(eventId: $event, filter: { status: AVAILABLE }, first: 100) {
          nodes { id section row forSale }
        }
      }`,
      { event },
    );
    const free = seats.nodes.filter((seat: any) => seat.forSale);
    const first = free.findIndex((seat: any, i: number) => {
      const next = free[i + 1];
      return next && next.section === seat.section && next.row === seat.row;
    });
    return free.slice(Math.max(first, 0), Math.max(first, 0) + 2).map((seat: any) => seat.id);
  },
  async heldSeats(event) {
    const { viewer } = await ask(
      'query ($event: ID!) { viewer { reservations(eventId: $event) { id } } }',
      { event },
    );
    return viewer?.reservations.map((seat: any) => seat.id) ?? [];
  },
  async revision(event) {
    return (await ask('query ($event: ID!) { event(id: $event) { revision } }', { event })).event
      .revision;
  },
};
