// What a shop asks of the server. Each document stands beside the function that sends it; its types
// are generated. Every union asks for `__typename`, which is what a switch goes by, and for each of
// its members by name.

import { ask } from './api.js';
import { graphql } from './generated/gql.js';
import type {
  BuyMutation,
  EventsQuery,
  FreeSeatsQuery,
  GiveBackMutation,
  HoldMutation,
} from './generated/graphql.js';

/** A seat as this shop offers it. */
export type Seat = NonNullable<NonNullable<FreeSeatsQuery['event']>['seats']>['nodes'][number];
/** What becomes of each mutation: a success, or one of its refusals. */
export type HoldResult = NonNullable<HoldMutation['reserveSeats']>;
export type GiveBackResult = NonNullable<GiveBackMutation['releaseSeats']>;
export type BuyResult = NonNullable<BuyMutation['confirmSeats']>;

const Events = graphql(`
  query Events($after: String) {
    events(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { slug name venue startsAt timeZone availability { available reserved confirmed } }
    }
  }
`);

/** All events, page by page. */
export async function* events() {
  let after: string | null = null;
  do {
    const answer: EventsQuery = await ask(Events, { after });
    const { nodes, pageInfo } = found(answer.events);
    yield* nodes;
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
}

const FreeSeats = graphql(`
  query FreeSeats($event: ID!, $first: Int!) {
    event(id: $event) {
      seats(filter: { status: AVAILABLE }, first: $first) {
        nodes { id label category { name price { amountMinor currency fractionDigits } } }
      }
    }
  }
`);

/** The first free seats of an event, which may be named by its id or its slug. */
export async function freeSeats(event: string, first: number): Promise<readonly Seat[]> {
  return found(found((await ask(FreeSeats, { event, first })).event).seats).nodes;
}

const StartGuest = graphql(`
  mutation StartGuest {
    startGuestSession { token }
  }
`);

/** A guest's token. Where people have accounts, the shop signs tokens for them itself. */
export async function newGuest(): Promise<string> {
  return (await ask(StartGuest, {})).startGuestSession.token;
}

const Hold = graphql(`
  mutation Hold($event: ID!, $seats: [ID!]!) {
    reserveSeats(input: { eventId: $event, seatIds: $seats }) {
      __typename
      ... on ReserveSeatsSuccess { revision expiresAt seats { id label } }
      ... on SeatsUnavailable { message seats { ...RefusedSeatParts } }
      ... on SeatLimitExceeded { message limit held requested }
      ... on HoldsTooFrequent { message retryAt }
      ... on SalesClosed { message opensAt closedAt }
      ... on LoneSeatLeft { message seats { label } }
    }
  }
`);

/** Holds all of the seats, or none. */
export async function hold(token: string, event: string, seats: readonly Seat[]) {
  const { reserveSeats } = await ask(Hold, { event, seats: ids(seats) }, token);
  return found(reserveSeats);
}

const GiveBack = graphql(`
  mutation GiveBack($event: ID!, $seats: [ID!]!) {
    releaseSeats(input: { eventId: $event, seatIds: $seats }) {
      __typename
      ... on ReleaseSeatsSuccess { revision seats { id label } }
      ... on SeatsNotHeld { message seats { ...RefusedSeatParts } }
    }
  }
`);

/** Gives held seats back. After a lost answer they may be gone already, and this is refused. */
export async function giveBack(token: string, event: string, seats: readonly Seat[]) {
  const { releaseSeats } = await ask(GiveBack, { event, seats: ids(seats) }, token);
  return found(releaseSeats);
}

const Buy = graphql(`
  mutation Buy($input: ConfirmSeatsInput!) {
    confirmSeats(input: $input) {
      __typename
      ... on ConfirmSeatsSuccess {
        revision
        created
        order {
          code
          total { amountMinor currency fractionDigits }
          lines { seat { label } price { amountMinor currency fractionDigits } }
        }
      }
      ... on SeatsNotHeld { message seats { ...RefusedSeatParts } }
      ... on IdempotencyKeyReused { message }
      ... on TicketTypeUnavailable { message }
      ... on PriceChanged {
        message
        expected { amountMinor currency fractionDigits }
        actual { amountMinor currency fractionDigits }
      }
      ... on AlreadyConfirmed { message order { code paymentReference } }
    }
  }
`);

/** A purchase as the buyer has agreed to it. Asked for again, it is the same purchase. */
export interface Purchase {
  readonly event: string;
  readonly seats: readonly Seat[];
  /** Made once, when the button is pressed; a key for each attempt could buy twice. */
  readonly key: string;
  readonly payment: string;
}

/** Buys held seats at the price that the buyer was shown, or not at all. */
export async function buy(token: string, { event, seats, key, payment }: Purchase) {
  const { amountMinor, currency } = total(seats);
  const input = {
    eventId: event,
    seatIds: ids(seats),
    idempotencyKey: key,
    paymentReference: payment,
    expectedTotal: { amountMinor, currency },
  };
  return found((await ask(Buy, { input }, token)).confirmSeats);
}

const LastChanges = graphql(`
  query LastChanges($event: ID!) {
    seatMap(eventId: $event) { revision seats { id revision } }
  }
`);

/** The last change of every seat, as of one revision. */
export async function lastChanges(event: string) {
  return found((await ask(LastChanges, { event })).seatMap);
}

/** What the seats cost together. One event has one currency. */
export function total(seats: readonly Seat[]) {
  const [first] = seats;
  if (!first) throw new Error('there are no seats to add up');
  const amountMinor = seats.reduce((sum, seat) => sum + seat.category.price.amountMinor, 0);
  return { ...first.category.price, amountMinor };
}

const ids = (seats: readonly Seat[]): string[] => seats.map(({ id }) => id);

/** A root field is null where it failed, which was thrown before; or there is no such event. */
function found<T>(value: T | null | undefined): T {
  if (value == null) throw new Error('there is no such event');
  return value;
}
