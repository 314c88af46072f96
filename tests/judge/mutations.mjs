// What mutations do to the data set and answer, for seats that nobody else wants meanwhile.

import { fail } from './fault.mjs';
import { namedSeats } from './named-seats.mjs';
import { volatile } from './volatile.mjs';
import { keyOf } from './world.mjs';

const MOST_SEATS = 100;
const MOST_CHARACTERS = 255;
const MOST_KEYS = 10;

const CURRENCY = /^[A-Z]{3}$/;

/** Digits after the point, of the currencies that cases name. */
const FRACTION_DIGITS = { JPY: 0, KWD: 3 };

/** Of which event, and what is asked for by its ids: in the server's order, each once. */
function request(world, { eventId, seatIds }) {
  if (!world.viewer) fail('a viewer is needed');
  const event = world.event(eventId) ?? fail('there is no such event');
  if (seatIds.length < 1 || seatIds.length > MOST_SEATS) fail('1 to 100 seats');
  const named = namedSeats(event, seatIds);
  return { event, named, seats: named.flatMap(({ seat }) => seat ?? []) };
}

const isHeld = ({ status, heldByMe }) => status === 'RESERVED' && heldByMe;

/** Those in the way, each with its reason. */
function refused(named, reasonOf) {
  const seats = named.map(({ id, seat = null }) => ({
    seatId: id,
    seat,
    reason: seat ? reasonOf(seat) : 'NOT_FOUND',
  }));
  return seats.filter(({ reason }) => reason);
}

function refusal(world, __typename, rest) {
  world.made += 1;
  return { __typename, message: volatile('text', `refusal${world.made}`), ...rest };
}

/** Nothing may be changed in a world that others look at as well: it is noted, and fails. */
function beginChange(context) {
  if (!context.world.isShared) return;
  context.isLeftOut = true;
  fail('this would change something');
}

/** Writes a change of each seat. */
function change(context, event, seats, state) {
  if (seats.length > 0) beginChange(context);
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
  const status = opensAt ? 'UPCOMING' : 'CLOSED';
  return (opensAt || closedAt) && refusal(world, 'SalesClosed', { status, opensAt, closedAt });
}

function reserveSeats(context, input) {
  const { world } = context;
  const { event, named, seats } = request(world, input);
  const inTheWay = refused(named, reasonNotToReserve);
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
  change(context, event, wanted, { status: 'RESERVED', heldByMe: true, reservationExpiresAt });
  return {
    __typename: 'ReserveSeatsSuccess',
    seats: seats.map((seat) => ({ ...seat })),
    expiresAt: earliest ?? reservationExpiresAt,
    serverTime: volatile('instant', `now${world.made}`),
    revision: Math.max(...seats.map(({ revision }) => revision)),
  };
}

function releaseSeats(context, input) {
  const { world } = context;
  const { event, named, seats } = request(world, input);
  const inTheWay = refused(named, reasonNotHeld);
  if (inTheWay.length > 0) return refusal(world, 'SeatsNotHeld', { seats: inTheWay });
  change(context, event, seats, {
    status: 'AVAILABLE',
    heldByMe: false,
    reservationExpiresAt: null,
  });
  const { revision } = event;
  return { __typename: 'ReleaseSeatsSuccess', seats: seats.map((seat) => ({ ...seat })), revision };
}

/** Seats with holds that were prolonged: what a seat's own fields do not say. */
const holdOf = ({ id, reservationExpiresAt }) => `${id} until ${reservationExpiresAt}`;

function extendHolds(context, input) {
  const { world } = context;
  const { event, named, seats } = request(world, input);
  if (event.holdExtensionSeconds === 0) return refusal(world, 'ExtensionRefused');
  const inTheWay = refused(named, reasonNotHeld);
  if (inTheWay.length > 0) return refusal(world, 'SeatsNotHeld', { seats: inTheWay });
  if (seats.some((seat) => world.extended.has(holdOf(seat)))) {
    return refusal(world, 'ExtensionRefused');
  }
  world.made += 1;
  const reservationExpiresAt = volatile('instant', `hold${world.made}`);
  change(context, event, seats, { reservationExpiresAt });
  seats.forEach((seat) => world.extended.add(holdOf(seat)));
  return {
    __typename: 'ExtendHoldsSuccess',
    seats: seats.map((seat) => ({ ...seat })),
    expiresAt: reservationExpiresAt,
    serverTime: volatile('instant', `now${world.made}`),
    revision: event.revision,
  };
}

/** What the seats cost together. */
function total(world, seats) {
  const prices = seats.map(({ categoryId }) => world.byId.get(categoryId).price);
  return { ...prices[0], amountMinor: prices.reduce((sum, price) => sum + price.amountMinor, 0) };
}

/** The answer about an order; `created` if this request has made it. */
function confirmed(world, order, created) {
  const seats = order.seatIds.map((id) => world.byId.get(id));
  const revision = Math.max(...seats.map((seat) => seat.revision));
  return { __typename: 'ConfirmSeatsSuccess', order, replayed: !created, created, revision };
}

/** The order of exactly these seats was there before: another payment for it is too much. */
function alreadyConfirmed(world, order, reference) {
  const isOther = reference != null && reference !== order.paymentReference;
  return isOther && refusal(world, 'AlreadyConfirmed', { order });
}

/** The seats cost something else than they must, if that is said. */
function priceChanged(world, cost, wanted) {
  if (!wanted) return false;
  const { amountMinor, currency } = wanted;
  if (amountMinor === cost.amountMinor && currency === cost.currency) return false;
  const expected = { amountMinor, currency, fractionDigits: FRACTION_DIGITS[currency] ?? 2 };
  return refusal(world, 'PriceChanged', { expected, actual: cost });
}

/** A text that the buyer's shop names something by. */
function checkText(text) {
  const count = [...text].length;
  const isLong = count < 1 || count > MOST_CHARACTERS;
  if (isLong || /[\p{Cc}\p{Bidi_Control}]/u.test(text)) fail('1 to 255 characters');
}

/** For others a shop alone may buy; what they hold is not in the world of whoever asks. */
function checkForWhom(world, viewerId) {
  if (viewerId == null) return;
  if (!world.isShop) fail('for SHOP and ADMIN only');
  if (viewerId !== world.viewer.id) fail('no viewer whom the judge knows');
}

/** A key for an order that was there before, if the order has room for it. */
function remember(world, key, order) {
  const others = [...world.keys.values()].filter((one) => one === order);
  if (others.length < MOST_KEYS) world.keys.set(key, order);
}

function confirmSeats(context, input) {
  const { world } = context;
  const { event, named, seats } = request(world, input);
  checkForWhom(world, input.viewerId);
  const { idempotencyKey, paymentReference: reference = null, expectedTotal } = input;
  checkText(idempotencyKey);
  if (reference !== null) checkText(reference);
  if (expectedTotal && !CURRENCY.test(expectedTotal.currency)) fail('no currency of ISO 4217');
  const seatIds = named.map(({ id }) => id);
  const isOfThese = (order) =>
    order.eventId === event.id && String(order.seatIds) === String(seatIds);
  const key = keyOf(world.who, event, idempotencyKey);
  const known = world.keys.get(key);
  if (known && !isOfThese(known)) return refusal(world, 'IdempotencyKeyReused');
  const before = known ?? world.ownOrders.find(isOfThese);
  if (before) {
    const isTwice = alreadyConfirmed(world, before, reference);
    if (isTwice) return isTwice;
    if (!known) beginChange(context);
    remember(world, key, before);
    return confirmed(world, before, false);
  }
  const inTheWay = refused(named, reasonNotHeld);
  if (inTheWay.length > 0) return refusal(world, 'SeatsNotHeld', { seats: inTheWay });
  const cost = total(world, seats);
  const isLeftToShop = event.confirmedBy === 'SHOP' && cost.amountMinor > 0;
  if (isLeftToShop && !world.isShop) fail('the shop confirms');
  const changed = priceChanged(world, cost, expectedTotal);
  if (changed) return changed;
  change(context, event, seats, { status: 'CONFIRMED', reservationExpiresAt: null });
  const order = newOrder(world, event, seats, reference);
  world.orders.unshift(order);
  world.keys.set(key, order);
  return confirmed(world, order, true);
}

function newOrder(world, event, seats, paymentReference) {
  world.made += 1;
  const which = `order${world.made}`;
  return {
    __typename: 'Order',
    id: volatile('id', which),
    code: volatile('text', which),
    owner: world.who,
    viewerId: world.viewer.id,
    eventId: event.id,
    seatIds: seats.map(({ id }) => id),
    total: total(world, seats),
    paid: seats.map((seat) => {
      const ticketType = seat.ticketTypes?.[0];
      return { seatId: seat.id, price: total(world, [seat]), ticketType };
    }),
    paymentReference,
    confirmedAt: volatile('instant', which),
  };
}

function startGuestSession({ world }) {
  world.made += 1;
  const which = `guest${world.made}`;
  const viewer = { __typename: 'Viewer', id: volatile('id', which), roles: ['BUYER'] };
  return { token: volatile('token', which), expiresAt: volatile('instant', which), viewer };
}

/** None of the tokens that are drawn is a guest's. */
function claimGuestSession({ world }) {
  fail(world.viewer ? 'no token of a guest' : 'a viewer is needed');
}

const isViewerId = (id) => /^Viewer:./u.test(Buffer.from(id, 'base64url').toString());

function transferOrder(context, { orderId, code, toViewerId }) {
  const { world } = context;
  if (!world.viewer) fail('a viewer is needed');
  if (!isViewerId(toViewerId)) fail('no viewer');
  if ((orderId == null) === (code == null)) fail('either the id or the code');
  const order = world.orders.find((one) => (code == null ? one.id === orderId : one.code === code));
  const isTheirs = order && (world.isAdmin || order.owner === world.who);
  if (order && !isTheirs && world.isShop) fail('for the owner and ADMIN only');
  if (!isTheirs) return refusal(world, 'OrderNotFound');
  if (order.viewerId !== toViewerId) beginChange(context);
  const seats = order.seatIds.map((id) => world.byId.get(id));
  const revision = Math.max(...seats.map((seat) => seat.revision));
  return { __typename: 'TransferOrderSuccess', order, revision };
}

export const mutations = {
  claimGuestSession: (_, __, context) => claimGuestSession(context),
  transferOrder: (_, { input }, context) => transferOrder(context, input),
  startGuestSession: (_, __, context) => startGuestSession(context),
  reserveSeats: (_, { input }, context) => reserveSeats(context, input),
  confirmSeats: (_, { input }, context) => confirmSeats(context, input),
  releaseSeats: (_, { input }, context) => releaseSeats(context, input),
  extendHolds: (_, { input }, context) => extendHolds(context, input),
};
