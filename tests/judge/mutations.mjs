// What mutations do to the data set and answer, for seats that nobody else wants meanwhile.

import { fail } from './fault.mjs';
import { volatile } from './volatile.mjs';
import { keyOf } from './world.mjs';

const MOST_SEATS = 100;

/** Of which event, and for which seats: in the plan's order, each once. */
function request(world, { eventId, seatIds }) {
  if (!world.viewer) fail('a viewer is needed');
  const event = world.event(eventId) ?? fail('there is no such event');
  if (seatIds.length < 1 || seatIds.length > MOST_SEATS) fail('1 to 100 seats');
  const seats = seatIds.map((id) => world.find('Seat', id) ?? fail('not the id of a seat'));
  return { event, seats: [...new Set(seats)].sort((a, b) => a.serial - b.serial) };
}

const isHeld = ({ status, heldByMe }) => status === 'RESERVED' && heldByMe;

/** Those in the way, each with its reason. */
function refused(event, seats, reasonOf) {
  const named = seats.map((seat) =>
    seat.event === event
      ? { seatId: seat.id, seat, reason: reasonOf(seat) }
      : { seatId: seat.id, seat: null, reason: 'NOT_FOUND' },
  );
  return named.filter(({ reason }) => reason);
}

function refusal(world, __typename, rest) {
  world.made += 1;
  return { __typename, message: volatile('text', `refusal${world.made}`), ...rest };
}

/** Writes a change of each seat. */
function change(event, seats, state) {
  for (const seat of seats) {
    event.revision += 1;
    Object.assign(seat, state, { revision: event.revision });
  }
}

function reasonNotToReserve(seat) {
  if (seat.status === 'CONFIRMED') return 'CONFIRMED';
  if (seat.status === 'RESERVED') return seat.heldByMe ? null : 'RESERVED_BY_ANOTHER';
  return seat.forSale ? null : 'NOT_FOR_SALE';
}

function reasonNotHeld(seat) {
  if (isHeld(seat)) return null;
  const { status, heldByMe } = seat;
  if (status === 'CONFIRMED') return heldByMe ? 'ALREADY_CONFIRMED' : 'CONFIRMED_TO_ANOTHER';
  return status === 'RESERVED' ? 'HELD_BY_ANOTHER' : 'NEVER_HELD';
}

/** Sales are not open yet, or no longer; the judge's events open and close far from now. */
function closed(world, { salesOpenAt, salesCloseAt }) {
  const now = new Date().toISOString();
  const opensAt = salesOpenAt > now ? salesOpenAt : null;
  const closedAt = salesCloseAt && salesCloseAt <= now ? salesCloseAt : null;
  return (opensAt || closedAt) && refusal(world, 'SalesClosed', { opensAt, closedAt });
}

function reserveSeats(world, input) {
  const { event, seats } = request(world, input);
  const inTheWay = refused(event, seats, reasonNotToReserve);
  const wanted = seats.filter(({ status }) => status === 'AVAILABLE');
  const closure = (wanted.length > 0 || inTheWay.length > 0) && closed(world, event);
  if (closure) return closure;
  if (inTheWay.length > 0) return refusal(world, 'SeatsUnavailable', { seats: inTheWay });
  const held = event.seats.filter(({ heldByMe }) => heldByMe).length;
  const limit = event.maxSeatsPerViewer ?? Infinity;
  if (wanted.length > 0 && held + wanted.length > limit) {
    return refusal(world, 'SeatLimitExceeded', { limit, held, requested: wanted.length });
  }
  world.made += 1;
  const [earliest] = seats.flatMap((seat) => seat.reservationExpiresAt ?? []).sort();
  const reservationExpiresAt = volatile('instant', `hold${world.made}`);
  change(event, wanted, { status: 'RESERVED', heldByMe: true, reservationExpiresAt });
  return {
    __typename: 'ReserveSeatsSuccess',
    seats: seats.map((seat) => ({ ...seat })),
    expiresAt: earliest ?? reservationExpiresAt,
    serverTime: volatile('instant', `now${world.made}`),
    revision: Math.max(...seats.map(({ revision }) => revision)),
  };
}

function releaseSeats(world, input) {
  const { event, seats } = request(world, input);
  const inTheWay = refused(event, seats, reasonNotHeld);
  if (inTheWay.length > 0) return refusal(world, 'SeatsNotHeld', { seats: inTheWay });
  change(event, seats, { status: 'AVAILABLE', heldByMe: false, reservationExpiresAt: null });
  const { revision } = event;
  return { __typename: 'ReleaseSeatsSuccess', seats: seats.map((seat) => ({ ...seat })), revision };
}

/** What the seats cost together. */
function total(world, seats) {
  const prices = seats.map(({ categoryId }) => world.byId.get(categoryId).price);
  return { ...prices[0], amountMinor: prices.reduce((sum, price) => sum + price.amountMinor, 0) };
}

/** The answer about an order; `created` if this request has made it. */
function confirmed(world, order, created, replayed) {
  const seats = order.seatIds.map((id) => world.byId.get(id));
  const revision = Math.max(...seats.map((seat) => seat.revision));
  return { __typename: 'ConfirmSeatsSuccess', order, replayed, created, revision };
}

function confirmSeats(world, input) {
  const { event, seats } = request(world, input);
  const seatIds = seats.map(({ id }) => id);
  const key = keyOf(world.who, event, input.idempotencyKey);
  const known = world.keys.get(key);
  if (known) {
    const isSame = String(known.seatIds) === String(seatIds);
    return isSame ? confirmed(world, known, false, true) : refusal(world, 'IdempotencyKeyReused');
  }
  const inTheWay = refused(event, seats, reasonNotHeld);
  if (inTheWay.length > 0) return refusal(world, 'SeatsNotHeld', { seats: inTheWay });
  const cost = total(world, seats);
  const expected = input.expectedTotal && { ...cost, ...input.expectedTotal };
  if (expected && expected.amountMinor !== cost.amountMinor) {
    return refusal(world, 'PriceChanged', { expected, actual: cost });
  }
  change(event, seats, { status: 'CONFIRMED', reservationExpiresAt: null });
  world.made += 1;
  const order = {
    __typename: 'Order',
    id: volatile('id', `order${world.made}`),
    code: volatile('text', `order${world.made}`),
    owner: world.who,
    eventId: event.id,
    seatIds,
    total: cost,
    paid: seats.map((seat) => ({ seatId: seat.id, price: total(world, [seat]) })),
    paymentReference: input.paymentReference ?? null,
    confirmedAt: volatile('instant', `order${world.made}`),
  };
  world.orders.unshift(order);
  world.keys.set(key, order);
  return confirmed(world, order, true, false);
}

function startGuestSession(world) {
  world.made += 1;
  const which = `guest${world.made}`;
  const viewer = { __typename: 'Viewer', id: volatile('id', which), roles: ['BUYER'] };
  return { token: volatile('token', which), expiresAt: volatile('instant', which), viewer };
}

export const mutations = {
  startGuestSession: (_, __, { world }) => startGuestSession(world),
  reserveSeats: (_, { input }, { world }) => reserveSeats(world, input),
  confirmSeats: (_, { input }, { world }) => confirmSeats(world, input),
  releaseSeats: (_, { input }, { world }) => releaseSeats(world, input),
};
