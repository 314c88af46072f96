// The order of an event's seats: what places in the stream's frames mean.
//
// It is fetched beside Relay. A seat of the plan has the id of its Seat, and Relay's store has one
// record for an id. By GET, so that a browser keeps it, and asks with its ETag whether it is still
// the one.

import type { GraphQLResponse } from 'relay-runtime';
import { API, Fault } from './environment';

const QUERY = 'query Plan($event: ID!) { seatPlan(eventId: $event) { version seats { id } } }';

export interface Plan {
  readonly version: number;
  readonly seats: readonly { readonly id: string }[];
}

export async function fetchPlan(event: string): Promise<Plan> {
  const url = new URL(API);
  url.searchParams.set('query', QUERY);
  url.searchParams.set('variables', JSON.stringify({ event }));
  let answer: GraphQLResponse;
  try {
    answer = await (await fetch(url)).json();
  } catch (error) {
    throw new Fault('UNREACHABLE', `The server cannot be reached: ${error}`);
  }
  if ('errors' in answer && answer.errors?.length) throw Fault.of(answer.errors);
  const { data } = answer as { data?: { seatPlan: Plan | null } };
  if (!data?.seatPlan) throw new Fault('NOT_FOUND', 'There is no such event.');
  return data.seatPlan;
}
