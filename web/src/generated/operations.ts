/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> =
  T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** A seat to buy as a type of ticket. */
export type ConfirmLineInput = {
  /** The seat. */
  seatId: string | number;
  /** The type of ticket: one of the seat's `ticketTypes`; the first of them unless said. */
  ticketTypeId?: string | number | null | undefined;
};

/** Seats to buy. */
export type ConfirmSeatsInput = {
  /** The event: its id, or its slug. */
  eventId: string | number;
  /** What the seats must cost together: refused with PriceChanged if they cost anything else. */
  expectedTotal?: MoneyInput | null | undefined;
  /**
   * Names this purchase, so that repeating the request cannot buy twice: 1 to 255 characters,
   * for example a UUID made when the buyer presses the button. Belongs to the event and to the
   * viewer: where a shop asks, the one for whom. Kept for at least 24 hours, ten of them for an
   * order. Later, and under any other key, the same seats find the same order.
   */
  idempotencyKey: string;
  /** Seats to buy, each as a type of ticket. */
  lines?: Array<ConfirmLineInput> | null | undefined;
  /** The shop's own reference for the payment, 1 to 255 characters; kept with the order. */
  paymentReference?: string | null | undefined;
  /**
   * Seats to buy, as the first type of ticket that they have unless `lines` says otherwise. Both
   * lists together name 1 to 100 seats; a seat named twice counts once.
   */
  seatIds?: Array<string | number>;
  /**
   * For whom: SHOP and ADMIN only. The id of the Viewer who holds the seats, and whose the order
   * will be; whoever asks, unless said.
   */
  viewerId?: string | number | null | undefined;
};

/** Who may confirm seats that cost money. */
export type ConfirmedBy =
  /** The viewer who holds them. */
  | 'BUYER'
  /** The shop's own server, after payment: a token with the role SHOP, and the viewer's id. */
  | 'SHOP';

/** An amount of money that the caller states. */
export type MoneyInput = {
  /** The amount in the currency's smallest unit. */
  amountMinor: number;
  /** The currency's code in ISO 4217. */
  currency: string;
};

/** Why a seat cannot be reserved, confirmed or given back; or not blocked or changed. */
export type RefusalReason =
  /** Not held: the viewer bought it already, in an order of other seats. */
  | 'ALREADY_CONFIRMED'
  /** Not to reserve, block or change: it is sold. */
  | 'CONFIRMED'
  /** Not held: it is sold to somebody else. */
  | 'CONFIRMED_TO_ANOTHER'
  /** Not held: another viewer holds it. */
  | 'HELD_BY_ANOTHER'
  /**
   * Not held: the viewer held it, and the hold ran out. It may still be free: reserve it again.
   * Or the event is cancelled, and holds are over with that.
   */
  | 'HOLD_EXPIRED'
  /**
   * Not held: it is free, and not because the viewer's hold ran out. The viewer never held it,
   * gave it back, or somebody else has held it since.
   */
  | 'NEVER_HELD'
  /** Not to reserve: it is not offered. */
  | 'NOT_FOR_SALE'
  /** The event has no such seat. */
  | 'NOT_FOUND'
  /**
   * Not to reserve: another viewer holds it; it may become free again. Not to block or change:
   * somebody holds it.
   */
  | 'RESERVED_BY_ANOTHER';

/** What everybody may know of a seat. */
export type SeatStatus =
  /** Free. A hold that has run out reads so at once. */
  | 'AVAILABLE'
  /** Sold. */
  | 'CONFIRMED'
  /** Held by somebody for a limited time. */
  | 'RESERVED';

export type EventsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;

export type EventsQuery = {
  events: {
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    nodes: Array<{ slug: string; name: string; startsAt: string; timeZone: string }>;
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
    timeZone: string;
    salesOpenAt: string | null;
    salesCloseAt: string | null;
    holdSeconds: number;
    maxSeatsPerViewer: number | null;
    confirmedBy: ConfirmedBy;
    categories: Array<{
      id: string;
      name: string;
      color: string | null;
      price: { amountMinor: number; currency: string; fractionDigits: number };
    }>;
  } | null;
};

export type EventDetailsFragment = {
  id: string;
  slug: string;
  name: string;
  venue: string;
  startsAt: string;
  timeZone: string;
  salesOpenAt: string | null;
  salesCloseAt: string | null;
  holdSeconds: number;
  maxSeatsPerViewer: number | null;
  confirmedBy: ConfirmedBy;
  categories: Array<{
    id: string;
    name: string;
    color: string | null;
    price: { amountMinor: number; currency: string; fractionDigits: number };
  }>;
};

export type PlanDrawingQueryVariables = Exact<{
  eventId: string | number;
}>;

export type PlanDrawingQuery = {
  seatPlan: {
    version: number;
    seats: Array<{
      section: string;
      categoryId: string;
      accessible: boolean;
      x: number | null;
      y: number | null;
    }>;
  } | null;
};

export type PlanNamesQueryVariables = Exact<{
  eventId: string | number;
}>;

export type PlanNamesQuery = {
  seatPlan: { version: number; seats: Array<{ id: string; row: string; number: string }> } | null;
};

export type CurrentStatusesQueryVariables = Exact<{
  eventId: string | number;
}>;

export type CurrentStatusesQuery = {
  seatStatuses: {
    revision: number;
    planVersion: number;
    places: Array<number> | null;
    statuses: string;
  } | null;
};

export type SeatStatusesSubscriptionVariables = Exact<{
  eventId: string | number;
}>;

export type SeatStatusesSubscription = {
  seatStatuses: {
    revision: number;
    planVersion: number;
    places: Array<number> | null;
    statuses: string;
  } | null;
};

export type StatusesFragment = {
  revision: number;
  planVersion: number;
  places: Array<number> | null;
  statuses: string;
};

export type SeatStateFragment = { id: string; status: SeatStatus; revision: number };

export type OwnSeatFragment = {
  reservationExpiresAt: string | null;
  id: string;
  status: SeatStatus;
  revision: number;
};

export type SeatPricesFragment = {
  id: string;
  revision: number;
  ticketTypes: Array<{ price: { amountMinor: number; currency: string; fractionDigits: number } }>;
};

export type HeldPricesQueryVariables = Exact<{
  seatIds: Array<string | number> | string | number;
}>;

export type HeldPricesQuery = {
  nodes: Array<
    | { __typename: 'Category' }
    | { __typename: 'Event' }
    | { __typename: 'Order' }
    | {
        __typename: 'Seat';
        id: string;
        revision: number;
        ticketTypes: Array<{
          price: { amountMinor: number; currency: string; fractionDigits: number };
        }>;
      }
    | { __typename: 'Viewer' }
    | null
  >;
};

export type MyReservationsSubscriptionVariables = Exact<{
  eventId: string | number;
}>;

export type MyReservationsSubscription = {
  myReservations: {
    revision: number;
    expired: Array<string>;
    held: Array<{
      reservationExpiresAt: string | null;
      id: string;
      status: SeatStatus;
      revision: number;
    }>;
    orders: Array<{
      id: string;
      code: string;
      confirmedAt: string;
      total: { amountMinor: number; currency: string; fractionDigits: number };
      seats: Array<{ id: string; status: SeatStatus; revision: number }>;
    }>;
  };
};

export type OrderDetailsFragment = {
  id: string;
  code: string;
  confirmedAt: string;
  total: { amountMinor: number; currency: string; fractionDigits: number };
  seats: Array<{ id: string; status: SeatStatus; revision: number }>;
};

export type StartGuestSessionMutationVariables = Exact<{ [key: string]: never }>;

export type StartGuestSessionMutation = { startGuestSession: { token: string; expiresAt: string } };

export type ReserveSeatsMutationVariables = Exact<{
  eventId: string | number;
  seatIds: Array<string | number> | string | number;
}>;

export type ReserveSeatsMutation = {
  reserveSeats:
    | { __typename: 'HoldsTooFrequent'; retryAt: string }
    | { __typename: 'LoneSeatLeft' }
    | {
        __typename: 'ReserveSeatsSuccess';
        serverTime: string;
        seats: Array<{
          reservationExpiresAt: string | null;
          id: string;
          revision: number;
          status: SeatStatus;
          ticketTypes: Array<{
            price: { amountMinor: number; currency: string; fractionDigits: number };
          }>;
        }>;
      }
    | { __typename: 'SalesClosed'; opensAt: string | null; closedAt: string | null }
    | { __typename: 'SeatLimitExceeded'; limit: number; held: number; requested: number }
    | { __typename: 'SeatsUnavailable'; seats: Array<{ seatId: string; reason: RefusalReason }> }
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
        seats: Array<{ id: string; status: SeatStatus; revision: number }>;
      }
    | { __typename: 'SeatsNotHeld'; seats: Array<{ seatId: string; reason: RefusalReason }> }
    | null;
};

export type ConfirmSeatsMutationVariables = Exact<{
  input: ConfirmSeatsInput;
}>;

export type ConfirmSeatsMutation = {
  confirmSeats:
    | {
        __typename: 'AlreadyConfirmed';
        order: {
          id: string;
          code: string;
          confirmedAt: string;
          total: { amountMinor: number; currency: string; fractionDigits: number };
          seats: Array<{ id: string; status: SeatStatus; revision: number }>;
        };
      }
    | {
        __typename: 'ConfirmSeatsSuccess';
        order: {
          id: string;
          code: string;
          confirmedAt: string;
          total: { amountMinor: number; currency: string; fractionDigits: number };
          seats: Array<{ id: string; status: SeatStatus; revision: number }>;
        };
      }
    | { __typename: 'IdempotencyKeyReused'; message: string }
    | { __typename: 'PriceChanged'; message: string }
    | { __typename: 'SeatsNotHeld'; seats: Array<{ seatId: string; reason: RefusalReason }> }
    | { __typename: 'TicketTypeUnavailable' }
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
export const EventDetailsFragmentDoc = /* @__PURE__ */ new TypedDocumentString(
  `
    fragment EventDetails on Event {
  id
  slug
  name
  venue
  startsAt
  timeZone
  salesOpenAt
  salesCloseAt
  holdSeconds
  maxSeatsPerViewer
  confirmedBy
  categories {
    id
    name
    color
    price {
      amountMinor
      currency
      fractionDigits
    }
  }
}
    `,
  { fragmentName: 'EventDetails' },
) as unknown as TypedDocumentString<EventDetailsFragment, unknown>;
export const StatusesFragmentDoc = /* @__PURE__ */ new TypedDocumentString(
  `
    fragment Statuses on SeatStatuses {
  revision
  planVersion
  places
  statuses
}
    `,
  { fragmentName: 'Statuses' },
) as unknown as TypedDocumentString<StatusesFragment, unknown>;
export const SeatStateFragmentDoc = /* @__PURE__ */ new TypedDocumentString(
  `
    fragment SeatState on Seat {
  id
  status
  revision
}
    `,
  { fragmentName: 'SeatState' },
) as unknown as TypedDocumentString<SeatStateFragment, unknown>;
export const OwnSeatFragmentDoc = /* @__PURE__ */ new TypedDocumentString(
  `
    fragment OwnSeat on Seat {
  ...SeatState
  reservationExpiresAt
}
    fragment SeatState on Seat {
  id
  status
  revision
}`,
  { fragmentName: 'OwnSeat' },
) as unknown as TypedDocumentString<OwnSeatFragment, unknown>;
export const SeatPricesFragmentDoc = /* @__PURE__ */ new TypedDocumentString(
  `
    fragment SeatPrices on Seat {
  id
  revision
  ticketTypes {
    price {
      amountMinor
      currency
      fractionDigits
    }
  }
}
    `,
  { fragmentName: 'SeatPrices' },
) as unknown as TypedDocumentString<SeatPricesFragment, unknown>;
export const OrderDetailsFragmentDoc = /* @__PURE__ */ new TypedDocumentString(
  `
    fragment OrderDetails on Order {
  id
  code
  confirmedAt
  total {
    amountMinor
    currency
    fractionDigits
  }
  seats {
    ...SeatState
  }
}
    fragment SeatState on Seat {
  id
  status
  revision
}`,
  { fragmentName: 'OrderDetails' },
) as unknown as TypedDocumentString<OrderDetailsFragment, unknown>;
export const EventsDocument = /* @__PURE__ */ new TypedDocumentString(`
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
      timeZone
    }
  }
}
    `) as unknown as TypedDocumentString<EventsQuery, EventsQueryVariables>;
export const EventBySlugDocument = /* @__PURE__ */ new TypedDocumentString(`
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
  timeZone
  salesOpenAt
  salesCloseAt
  holdSeconds
  maxSeatsPerViewer
  confirmedBy
  categories {
    id
    name
    color
    price {
      amountMinor
      currency
      fractionDigits
    }
  }
}`) as unknown as TypedDocumentString<EventBySlugQuery, EventBySlugQueryVariables>;
export const PlanDrawingDocument = /* @__PURE__ */ new TypedDocumentString(`
    query PlanDrawing($eventId: ID!) {
  seatPlan(eventId: $eventId) {
    version
    seats {
      section
      categoryId
      accessible
      x
      y
    }
  }
}
    `) as unknown as TypedDocumentString<PlanDrawingQuery, PlanDrawingQueryVariables>;
export const PlanNamesDocument = /* @__PURE__ */ new TypedDocumentString(`
    query PlanNames($eventId: ID!) {
  seatPlan(eventId: $eventId) {
    version
    seats {
      id
      row
      number
    }
  }
}
    `) as unknown as TypedDocumentString<PlanNamesQuery, PlanNamesQueryVariables>;
export const CurrentStatusesDocument = /* @__PURE__ */ new TypedDocumentString(`
    query CurrentStatuses($eventId: ID!) {
  seatStatuses(eventId: $eventId) {
    ...Statuses
  }
}
    fragment Statuses on SeatStatuses {
  revision
  planVersion
  places
  statuses
}`) as unknown as TypedDocumentString<CurrentStatusesQuery, CurrentStatusesQueryVariables>;
export const SeatStatusesDocument = /* @__PURE__ */ new TypedDocumentString(`
    subscription SeatStatuses($eventId: ID!) {
  seatStatuses(eventId: $eventId) {
    ...Statuses
  }
}
    fragment Statuses on SeatStatuses {
  revision
  planVersion
  places
  statuses
}`) as unknown as TypedDocumentString<SeatStatusesSubscription, SeatStatusesSubscriptionVariables>;
export const HeldPricesDocument = /* @__PURE__ */ new TypedDocumentString(`
    query HeldPrices($seatIds: [ID!]!) {
  nodes(ids: $seatIds) {
    __typename
    ... on Seat {
      ...SeatPrices
    }
  }
}
    fragment SeatPrices on Seat {
  id
  revision
  ticketTypes {
    price {
      amountMinor
      currency
      fractionDigits
    }
  }
}`) as unknown as TypedDocumentString<HeldPricesQuery, HeldPricesQueryVariables>;
export const MyReservationsDocument = /* @__PURE__ */ new TypedDocumentString(`
    subscription MyReservations($eventId: ID!) {
  myReservations(eventId: $eventId) {
    revision
    held {
      ...OwnSeat
    }
    orders {
      ...OrderDetails
    }
    expired
  }
}
    fragment SeatState on Seat {
  id
  status
  revision
}
fragment OwnSeat on Seat {
  ...SeatState
  reservationExpiresAt
}
fragment OrderDetails on Order {
  id
  code
  confirmedAt
  total {
    amountMinor
    currency
    fractionDigits
  }
  seats {
    ...SeatState
  }
}`) as unknown as TypedDocumentString<
  MyReservationsSubscription,
  MyReservationsSubscriptionVariables
>;
export const StartGuestSessionDocument = /* @__PURE__ */ new TypedDocumentString(`
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
export const ReserveSeatsDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation ReserveSeats($eventId: ID!, $seatIds: [ID!]!) {
  reserveSeats(input: {eventId: $eventId, seatIds: $seatIds}) {
    __typename
    ... on ReserveSeatsSuccess {
      serverTime
      seats {
        ...OwnSeat
        ...SeatPrices
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
    ... on HoldsTooFrequent {
      retryAt
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
  revision
}
fragment OwnSeat on Seat {
  ...SeatState
  reservationExpiresAt
}
fragment SeatPrices on Seat {
  id
  revision
  ticketTypes {
    price {
      amountMinor
      currency
      fractionDigits
    }
  }
}`) as unknown as TypedDocumentString<ReserveSeatsMutation, ReserveSeatsMutationVariables>;
export const ReleaseSeatsDocument = /* @__PURE__ */ new TypedDocumentString(`
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
  revision
}`) as unknown as TypedDocumentString<ReleaseSeatsMutation, ReleaseSeatsMutationVariables>;
export const ConfirmSeatsDocument = /* @__PURE__ */ new TypedDocumentString(`
    mutation ConfirmSeats($input: ConfirmSeatsInput!) {
  confirmSeats(input: $input) {
    __typename
    ... on ConfirmSeatsSuccess {
      order {
        ...OrderDetails
      }
    }
    ... on AlreadyConfirmed {
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
    ... on PriceChanged {
      message
    }
    ... on IdempotencyKeyReused {
      message
    }
  }
}
    fragment SeatState on Seat {
  id
  status
  revision
}
fragment OrderDetails on Order {
  id
  code
  confirmedAt
  total {
    amountMinor
    currency
    fractionDigits
  }
  seats {
    ...SeatState
  }
}`) as unknown as TypedDocumentString<ConfirmSeatsMutation, ConfirmSeatsMutationVariables>;
