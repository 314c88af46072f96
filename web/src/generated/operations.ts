/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> =
  T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Why a seat changed. */
export type ChangeCause =
  /** Its holder bought it. */
  | 'CONFIRMED'
  /** Its hold ran out. */
  | 'EXPIRED'
  /** Its holder gave it back. */
  | 'RELEASED'
  /** A viewer took hold of it. */
  | 'RESERVED';

/** Why a seat is not the viewer's to confirm or to give back. */
export type NotHeldReason =
  /** The viewer bought it already, in an order of other seats. */
  | 'ALREADY_CONFIRMED'
  /** It is sold to somebody else. */
  | 'CONFIRMED_TO_ANOTHER'
  /** Another viewer holds it. */
  | 'HELD_BY_ANOTHER'
  /** The viewer held it, and the hold ran out. It may still be free: reserve it again. */
  | 'HOLD_EXPIRED'
  /**
   * It is free, and not because the viewer's hold ran out: the viewer never held it, gave it
   * back, or somebody else has held it since.
   */
  | 'NEVER_HELD'
  /** The event has no such seat. */
  | 'NOT_FOUND';

/** What everybody may know of a seat. */
export type SeatStatus =
  /** Free. A hold that has run out reads so at once. */
  | 'AVAILABLE'
  /** Sold. */
  | 'CONFIRMED'
  /** Held by somebody for a limited time. */
  | 'RESERVED';

/** Why a snapshot is sent instead of changes. */
export type SnapshotReason =
  /** The client reads too slowly for the changes to be kept for it. */
  | 'CLIENT_LAGGED'
  /** The subscription began without `since`. */
  | 'INITIAL'
  /** The changes after `since` are no longer kept. */
  | 'LOG_PRUNED'
  /** `since` is a revision that this event has not reached. */
  | 'UNKNOWN_REVISION';

/** Why a seat cannot be reserved. */
export type UnavailableReason =
  /** It is sold. */
  | 'CONFIRMED'
  /** It is not offered. */
  | 'NOT_FOR_SALE'
  /** The event has no such seat. */
  | 'NOT_FOUND'
  /** Another viewer holds it; it may become free again. */
  | 'RESERVED_BY_ANOTHER';

export type EventsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;

export type EventsQuery = {
  events: {
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    nodes: Array<{ slug: string; name: string; startsAt: string }>;
  } | null;
};

export type EventBySlugQueryVariables = Exact<{
  slug: string | number;
}>;

export type EventBySlugQuery = {
  event: {
    id: string;
    slug: string;
    name: string;
    venue: string;
    startsAt: string;
    salesOpenAt: string | null;
    salesCloseAt: string | null;
    holdSeconds: number;
    maxSeatsPerViewer: number | null;
    categories: Array<{
      id: string;
      name: string;
      color: string | null;
      price: { amountMinor: number; currency: string };
    }>;
  } | null;
};

export type EventDetailsFragment = {
  id: string;
  slug: string;
  name: string;
  venue: string;
  startsAt: string;
  salesOpenAt: string | null;
  salesCloseAt: string | null;
  holdSeconds: number;
  maxSeatsPerViewer: number | null;
  categories: Array<{
    id: string;
    name: string;
    color: string | null;
    price: { amountMinor: number; currency: string };
  }>;
};

export type SeatMapQueryVariables = Exact<{
  eventId: string | number;
}>;

export type SeatMapQuery = {
  seatMap: {
    revision: number;
    serverTime: string;
    seats: Array<{
      id: string;
      section: string;
      row: string;
      number: string;
      x: number | null;
      y: number | null;
      accessible: boolean;
      forSale: boolean;
      status: SeatStatus;
      reservationExpiresAt: string | null;
      revision: number;
      category: { id: string };
    }>;
  } | null;
};

export type SeatStatesQueryVariables = Exact<{
  eventId: string | number;
}>;

export type SeatStatesQuery = {
  seatMap: {
    revision: number;
    serverTime: string;
    seats: Array<{
      id: string;
      status: SeatStatus;
      reservationExpiresAt: string | null;
      revision: number;
    }>;
  } | null;
};

export type SeatStateFragment = {
  id: string;
  status: SeatStatus;
  reservationExpiresAt: string | null;
  revision: number;
};

export type SeatChangesSubscriptionVariables = Exact<{
  eventId: string | number;
  since: number;
}>;

export type SeatChangesSubscription = {
  seatChanges:
    | {
        __typename: 'SeatChanges';
        fromRevision: number;
        toRevision: number;
        changes: Array<{
          seatId: string;
          status: SeatStatus;
          reservationExpiresAt: string | null;
          cause: ChangeCause;
          revision: number;
          changedAt: string;
        }>;
      }
    | {
        __typename: 'SeatSnapshot';
        revision: number;
        reason: SnapshotReason;
        seats: Array<{
          seatId: string;
          status: SeatStatus;
          reservationExpiresAt: string | null;
          revision: number;
        }>;
      };
};

export type MyReservationsSubscriptionVariables = Exact<{
  eventId: string | number;
}>;

export type MyReservationsSubscription = {
  myReservations: {
    revision: number;
    held: Array<{
      id: string;
      status: SeatStatus;
      reservationExpiresAt: string | null;
      revision: number;
    }>;
    orders: Array<{
      id: string;
      code: string;
      confirmedAt: string;
      total: { amountMinor: number; currency: string };
      seats: Array<{
        id: string;
        status: SeatStatus;
        reservationExpiresAt: string | null;
        revision: number;
      }>;
    }>;
  };
};

export type OrderDetailsFragment = {
  id: string;
  code: string;
  confirmedAt: string;
  total: { amountMinor: number; currency: string };
  seats: Array<{
    id: string;
    status: SeatStatus;
    reservationExpiresAt: string | null;
    revision: number;
  }>;
};

export type StartGuestSessionMutationVariables = Exact<{ [key: string]: never }>;

export type StartGuestSessionMutation = { startGuestSession: { token: string; expiresAt: string } };

export type ReserveSeatsMutationVariables = Exact<{
  eventId: string | number;
  seatIds: Array<string | number> | string | number;
}>;

export type ReserveSeatsMutation = {
  reserveSeats:
    | {
        __typename: 'ReserveSeatsSuccess';
        serverTime: string;
        seats: Array<{
          id: string;
          status: SeatStatus;
          reservationExpiresAt: string | null;
          revision: number;
        }>;
      }
    | { __typename: 'SalesClosed'; opensAt: string | null; closedAt: string | null }
    | { __typename: 'SeatLimitExceeded'; limit: number; held: number; requested: number }
    | {
        __typename: 'SeatsUnavailable';
        seats: Array<{ seatId: string; reason: UnavailableReason }>;
      }
    | null;
};

export type ReleaseSeatsMutationVariables = Exact<{
  eventId: string | number;
  seatIds: Array<string | number> | string | number;
}>;

export type ReleaseSeatsMutation = {
  releaseSeats:
    | {
        __typename: 'ReleaseSeatsSuccess';
        seats: Array<{
          id: string;
          status: SeatStatus;
          reservationExpiresAt: string | null;
          revision: number;
        }>;
      }
    | { __typename: 'SeatsNotHeld'; seats: Array<{ seatId: string; reason: NotHeldReason }> }
    | null;
};

export type ConfirmSeatsMutationVariables = Exact<{
  eventId: string | number;
  seatIds: Array<string | number> | string | number;
  idempotencyKey: string;
}>;

export type ConfirmSeatsMutation = {
  confirmSeats:
    | {
        __typename: 'ConfirmSeatsSuccess';
        order: {
          id: string;
          code: string;
          confirmedAt: string;
          total: { amountMinor: number; currency: string };
          seats: Array<{
            id: string;
            status: SeatStatus;
            reservationExpiresAt: string | null;
            revision: number;
          }>;
        };
      }
    | { __typename: 'IdempotencyKeyReused'; message: string }
    | { __typename: 'SeatsNotHeld'; seats: Array<{ seatId: string; reason: NotHeldReason }> }
    | null;
};

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const EventDetailsFragmentDoc = new TypedDocumentString(
  `
    fragment EventDetails on Event {
  id
  slug
  name
  venue
  startsAt
  salesOpenAt
  salesCloseAt
  holdSeconds
  maxSeatsPerViewer
  categories {
    id
    name
    color
    price {
      amountMinor
      currency
    }
  }
}
    `,
  { fragmentName: 'EventDetails' },
) as unknown as TypedDocumentString<EventDetailsFragment, unknown>;
export const SeatStateFragmentDoc = new TypedDocumentString(
  `
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}
    `,
  { fragmentName: 'SeatState' },
) as unknown as TypedDocumentString<SeatStateFragment, unknown>;
export const OrderDetailsFragmentDoc = new TypedDocumentString(
  `
    fragment OrderDetails on Order {
  id
  code
  confirmedAt
  total {
    amountMinor
    currency
  }
  seats {
    ...SeatState
  }
}
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}`,
  { fragmentName: 'OrderDetails' },
) as unknown as TypedDocumentString<OrderDetailsFragment, unknown>;
export const EventsDocument = new TypedDocumentString(`
    query Events($after: String) {
  events(first: 100, after: $after) {
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      slug
      name
      startsAt
    }
  }
}
    `) as unknown as TypedDocumentString<EventsQuery, EventsQueryVariables>;
export const EventBySlugDocument = new TypedDocumentString(`
    query EventBySlug($slug: ID!) {
  event(id: $slug) {
    ...EventDetails
  }
}
    fragment EventDetails on Event {
  id
  slug
  name
  venue
  startsAt
  salesOpenAt
  salesCloseAt
  holdSeconds
  maxSeatsPerViewer
  categories {
    id
    name
    color
    price {
      amountMinor
      currency
    }
  }
}`) as unknown as TypedDocumentString<EventBySlugQuery, EventBySlugQueryVariables>;
export const SeatMapDocument = new TypedDocumentString(`
    query SeatMap($eventId: ID!) {
  seatMap(eventId: $eventId) {
    revision
    serverTime
    seats {
      id
      section
      row
      number
      x
      y
      accessible
      forSale
      category {
        id
      }
      ...SeatState
    }
  }
}
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}`) as unknown as TypedDocumentString<SeatMapQuery, SeatMapQueryVariables>;
export const SeatStatesDocument = new TypedDocumentString(`
    query SeatStates($eventId: ID!) {
  seatMap(eventId: $eventId) {
    revision
    serverTime
    seats {
      ...SeatState
    }
  }
}
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}`) as unknown as TypedDocumentString<SeatStatesQuery, SeatStatesQueryVariables>;
export const SeatChangesDocument = new TypedDocumentString(`
    subscription SeatChanges($eventId: ID!, $since: Revision!) {
  seatChanges(eventId: $eventId, since: $since) {
    __typename
    ... on SeatSnapshot {
      revision
      reason
      seats {
        seatId
        status
        reservationExpiresAt
        revision
      }
    }
    ... on SeatChanges {
      fromRevision
      toRevision
      changes {
        seatId
        status
        reservationExpiresAt
        cause
        revision
        changedAt
      }
    }
  }
}
    `) as unknown as TypedDocumentString<SeatChangesSubscription, SeatChangesSubscriptionVariables>;
export const MyReservationsDocument = new TypedDocumentString(`
    subscription MyReservations($eventId: ID!) {
  myReservations(eventId: $eventId) {
    revision
    held {
      ...SeatState
    }
    orders {
      ...OrderDetails
    }
  }
}
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}
fragment OrderDetails on Order {
  id
  code
  confirmedAt
  total {
    amountMinor
    currency
  }
  seats {
    ...SeatState
  }
}`) as unknown as TypedDocumentString<
  MyReservationsSubscription,
  MyReservationsSubscriptionVariables
>;
export const StartGuestSessionDocument = new TypedDocumentString(`
    mutation StartGuestSession {
  startGuestSession {
    token
    expiresAt
  }
}
    `) as unknown as TypedDocumentString<
  StartGuestSessionMutation,
  StartGuestSessionMutationVariables
>;
export const ReserveSeatsDocument = new TypedDocumentString(`
    mutation ReserveSeats($eventId: ID!, $seatIds: [ID!]!) {
  reserveSeats(input: {eventId: $eventId, seatIds: $seatIds}) {
    __typename
    ... on ReserveSeatsSuccess {
      serverTime
      seats {
        ...SeatState
      }
    }
    ... on SeatsUnavailable {
      seats {
        seatId
        reason
      }
    }
    ... on SeatLimitExceeded {
      limit
      held
      requested
    }
    ... on SalesClosed {
      opensAt
      closedAt
    }
  }
}
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}`) as unknown as TypedDocumentString<ReserveSeatsMutation, ReserveSeatsMutationVariables>;
export const ReleaseSeatsDocument = new TypedDocumentString(`
    mutation ReleaseSeats($eventId: ID!, $seatIds: [ID!]!) {
  releaseSeats(input: {eventId: $eventId, seatIds: $seatIds}) {
    __typename
    ... on ReleaseSeatsSuccess {
      seats {
        ...SeatState
      }
    }
    ... on SeatsNotHeld {
      seats {
        seatId
        reason
      }
    }
  }
}
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}`) as unknown as TypedDocumentString<ReleaseSeatsMutation, ReleaseSeatsMutationVariables>;
export const ConfirmSeatsDocument = new TypedDocumentString(`
    mutation ConfirmSeats($eventId: ID!, $seatIds: [ID!]!, $idempotencyKey: String!) {
  confirmSeats(
    input: {eventId: $eventId, seatIds: $seatIds, idempotencyKey: $idempotencyKey}
  ) {
    __typename
    ... on ConfirmSeatsSuccess {
      order {
        ...OrderDetails
      }
    }
    ... on SeatsNotHeld {
      seats {
        seatId
        reason
      }
    }
    ... on IdempotencyKeyReused {
      message
    }
  }
}
    fragment SeatState on Seat {
  id
  status
  reservationExpiresAt
  revision
}
fragment OrderDetails on Order {
  id
  code
  confirmedAt
  total {
    amountMinor
    currency
  }
  seats {
    ...SeatState
  }
}`) as unknown as TypedDocumentString<ConfirmSeatsMutation, ConfirmSeatsMutationVariables>;
