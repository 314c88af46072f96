// An operation for every main job, each with variables that work at once.

/** Looks things up for the variables of an example. */
export interface Lookup {
  /** The id of an event, one with free seats if there is any. */
  event(): Promise<string>;
  /** Two free seats side by side, as far as there are any. */
  freeSeats(event: string): Promise<string[]>;
  /** What the viewer holds. */
  heldSeats(event: string): Promise<string[]>;
  /** The revision of the event now. */
  revision(event: string): Promise<number>;
}

export interface Example {
  name: string;
  /** Whether it needs somebody who asks. */
  needsToken?: boolean;
  document: string;
  variables?(lookup: Lookup): Promise<Record<string, unknown>>;
}

const ofEvent = async (lookup: Lookup) => ({ eventId: await lookup.event() });

const ofHeldSeats = async (lookup: Lookup) => {
  const eventId = await lookup.event();
  return { eventId, seatIds: await lookup.heldSeats(eventId) };
};

export const EXAMPLES: { title: string; examples: Example[] }[] = [
  {
    title: 'Look around',
    examples: [
      {
        name: 'Events and prices',
        document: `query Events {
  events(first: 10) {
    nodes {
      slug
      name
      venue
      startsAt
      timeZone
      holdSeconds
      availability { available reserved confirmed }
      categories { name price { amountMinor currency fractionDigits } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
      },
      {
        name: 'Free seats, page by page',
        document: `query FreeSeats($eventId: ID!, $after: String) {
  seats(eventId: $eventId, filter: { status: AVAILABLE }, first: 20, after: $after) {
    nodes {
      id
      label
      accessible
      category { name price { amountMinor currency fractionDigits } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
        variables: ofEvent,
      },
      {
        name: 'The whole map',
        document: `# Every seat as of one revision: several megabytes for a large house.
query SeatMap($eventId: ID!) {
  seatMap(eventId: $eventId) {
    revision
    serverTime
    seats { id section row number x y status }
  }
}
`,
        variables: ofEvent,
      },
    ],
  },
  {
    title: 'Book',
    examples: [
      {
        name: 'A guest session',
        document: `# The button above does the same, and keeps the token.
mutation StartGuestSession {
  startGuestSession {
    token
    expiresAt
    viewer { id roles }
  }
}
`,
      },
      {
        name: 'Hold seats',
        needsToken: true,
        document: `mutation ReserveSeats($eventId: ID!, $seatIds: [ID!]!) {
  reserveSeats(input: { eventId: $eventId, seatIds: $seatIds }) {
    __typename
    ... on ReserveSeatsSuccess {
      expiresAt
      serverTime
      revision
      seats { id label status heldByMe }
    }
    ... on SeatsUnavailable { seats { seat { label } reason } }
    ... on SeatLimitExceeded { limit held requested }
    ... on HoldsTooFrequent { retryAt }
    ... on SalesClosed { opensAt closedAt }
    ... on UserError { message }
  }
}
`,
        async variables(lookup) {
          const eventId = await lookup.event();
          return { eventId, seatIds: await lookup.freeSeats(eventId) };
        },
      },
      {
        name: 'Confirm held seats',
        needsToken: true,
        document: `# Sent again with the same key, it gives the same order.
mutation ConfirmSeats($eventId: ID!, $seatIds: [ID!]!, $key: String!) {
  confirmSeats(input: { eventId: $eventId, seatIds: $seatIds, idempotencyKey: $key }) {
    __typename
    ... on ConfirmSeatsSuccess {
      created
      revision
      order {
        code
        total { amountMinor currency fractionDigits }
        lines { seat { label } price { amountMinor } }
      }
    }
    ... on SeatsNotHeld { seats { seat { label } reason } }
    ... on AlreadyConfirmed { order { code paymentReference } }
    ... on UserError { message }
  }
}
`,
        variables: async (lookup) => ({ ...(await ofHeldSeats(lookup)), key: newKey() }),
      },
      {
        name: 'Give held seats back',
        needsToken: true,
        document: `mutation ReleaseSeats($eventId: ID!, $seatIds: [ID!]!) {
  releaseSeats(input: { eventId: $eventId, seatIds: $seatIds }) {
    __typename
    ... on ReleaseSeatsSuccess { revision seats { label status } }
    ... on SeatsNotHeld { seats { seatId reason } }
    ... on UserError { message }
  }
}
`,
        variables: ofHeldSeats,
      },
    ],
  },
  {
    title: 'Watch',
    examples: [
      {
        name: 'Every change of every seat',
        document:
          `# Since the revision in the variables; without one, a snapshot of all seats comes first.
subscription SeatChanges($eventId: ID!, $since: Revision) {
  seatChanges(eventId: $eventId, since: $since) {
    __typename
    ... on SeatChanges {
      fromRevision
      toRevision
      changes { seatId status cause changedAt }
    }
    ... on SeatSnapshot {
      revision
      reason
      seats { seatId status }
    }
  }
}
`,
        async variables(lookup) {
          const eventId = await lookup.event();
          return { eventId, since: await lookup.revision(eventId) };
        },
      },
      {
        name: 'What is mine, as it changes',
        needsToken: true,
        document: `subscription MyReservations($eventId: ID!) {
  myReservations(eventId: $eventId) {
    revision
    held { id label reservationExpiresAt }
    orders { code total { amountMinor currency fractionDigits } }
    expired
  }
}
`,
        variables: ofEvent,
      },
    ],
  },
  {
    title: 'Me',
    examples: [
      {
        name: 'My reservations',
        needsToken: true,
        document: `query MyReservations($eventId: ID!) {
  viewer {
    id
    roles
    reservations(eventId: $eventId) { id label reservationExpiresAt }
  }
}
`,
        variables: ofEvent,
      },
      {
        name: 'My orders',
        needsToken: true,
        document: `query MyOrders {
  viewer {
    orders(first: 10) {
      nodes {
        code
        confirmedAt
        event { name }
        total { amountMinor currency fractionDigits }
        seats { label }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}
`,
      },
    ],
  },
];

/** A name for a purchase. (`crypto.randomUUID` is there on HTTPS and on localhost only.) */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
