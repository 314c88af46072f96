// What each field gives that is not simply a property: the contract's descriptions as code.

import { page } from './paging.mjs';
import { fail } from './fault.mjs';
import { mutations } from './mutations.mjs';
import { salesOf } from './sales.mjs';
import { volatile } from './volatile.mjs';

const MOST_FILTER_VALUES = 1000;

const knownEvent = (world, id) => world.event(id) ?? fail('there is no such event');

/** The seats that pass a filter. */
function filtered(seats, filter) {
  const { status, sections, categoryIds, accessible } = filter ?? {};
  if (sections?.length > MOST_FILTER_VALUES) fail('too many sections');
  if (categoryIds?.length > MOST_FILTER_VALUES) fail('too many categories');
  return seats.filter(
    (seat) =>
      (status == null || seat.status === status) &&
      (sections == null || sections.includes(seat.section)) &&
      (categoryIds == null || categoryIds.includes(seat.categoryId)) &&
      (accessible == null || seat.accessible === accessible),
  );
}

/** A page of an event's seats. */
function seatsPage(world, event, { filter, ...bounds }) {
  return page('Seat', filtered(event.seats, filter), bounds, (cursor) => {
    const serial = world.seatCursors.get(cursor);
    return serial && ((seat) => seat.serial > serial);
  });
}

/** Those that come after the one with the cursor, in the order of a list. */
const after = (list) => (cursor) => {
  const index = list.findIndex((item) => item.cursor === cursor);
  return index >= 0 && ((item) => list.indexOf(item) > index);
};

/** What a map shows of a seat. */
const letters = { AVAILABLE: 'A', RESERVED: 'R', CONFIRMED: 'C' };
const letterOf = ({ status, forSale }) =>
  status === 'AVAILABLE' && !forSale ? 'N' : letters[status];

/** What an event's map shows, the whole of it. */
export const statusesOf = ({ revision, seats }) => ({
  revision,
  planVersion: 1,
  places: null,
  statuses: seats.map(letterOf).join(''),
});

const planOf = (event) => ({ event, version: 1, ...event.plan });

/** What the end of an event's log is called: its mark is drawn at random. */
export const cursorOf = ({ id }) => volatile('text', `cursor${Buffer.from(id).toString('hex')}`);

const mapOf = (event) => ({
  event,
  revision: event.revision,
  cursor: cursorOf(event),
  seats: event.seats,
});

function available(seats) {
  const count = (status) => seats.filter((seat) => seat.status === status);
  return {
    available: count('AVAILABLE').filter(({ forSale }) => forSale).length,
    reserved: count('RESERVED').length,
    confirmed: count('CONFIRMED').length,
  };
}

/** What a global id stands for, if it is the person's to see. */
function node(world, id) {
  const found = world.byId.get(id) ?? null;
  return found?.__typename === 'Order' && !world.maySee(found) ? null : found;
}

const MOST_NODES = 100;

/** Where one of the first stands in the audit log and among webhooks, which have none here. */
export const AUDIT_CURSOR = 'Nw';

/** A cursor of a list that is empty here: any number, as those of seats are. */
const isNumber = (world) => (cursor) =>
  (cursor === AUDIT_CURSOR || world.seatCursors.has(cursor)) && (() => true);

const Query = {
  node: (_, { id }, { world }) => node(world, id),
  nodes(_, { ids }, { world }) {
    if (ids.length > MOST_NODES) fail('too many ids');
    return ids.map((id) => node(world, id));
  },
  order: (_, { code }, { world }) =>
    world.orders.find((order) => order.code === code && world.maySee(order)) ?? null,
  event: (_, { id }, { world }) => world.event(id) ?? null,
  events: (_, bounds, { world }) => page('Event', world.events, bounds, after(world.events)),
  auditLog(_, bounds, { world }) {
    if (!world.isAdmin) fail('for ADMIN only');
    return page('AuditLogEntry', [], bounds, isNumber(world));
  },
  webhooks(_, bounds, { world }) {
    if (!world.isAdmin) fail('for ADMIN only');
    return page('Webhook', [], bounds, isNumber(world));
  },
  seat: (_, { id }, { world }) => world.find('Seat', id) ?? null,
  seats: (_, { eventId, ...wanted }, { world }) =>
    seatsPage(world, knownEvent(world, eventId), wanted),
  seatMap: (_, { eventId }, { world }) => mapOf(knownEvent(world, eventId)),
  seatPlan: (_, { eventId }, { world }) => planOf(knownEvent(world, eventId)),
  seatStatuses: (_, { eventId }, { world }) => statusesOf(knownEvent(world, eventId)),
  viewer: (_, __, { world }) => world.viewer,
};

/** An event's orders, newest first, each with its cursor in this list. */
function ordersOf(world, event) {
  const orders = world.orders.filter(({ eventId }) => eventId === event.id);
  const placed = orders.map((order) => {
    const [, of, first] = Buffer.from(order.id, 'base64url').toString().split(':');
    const cursor = Buffer.from(`${of}:${first}`).toString('base64url');
    return { ...order, first: Number(first), cursor };
  });
  return placed.sort((a, b) => b.first - a.first);
}

const passesFilter =
  ({ code, viewerId, paymentReference, confirmedAfter, confirmedBefore }) =>
  (order) =>
    (code == null || order.code === code) &&
    (viewerId == null || order.viewerId === viewerId) &&
    (paymentReference == null || order.paymentReference === paymentReference) &&
    (confirmedAfter == null || order.confirmedAt >= confirmedAfter) &&
    (confirmedBefore == null || order.confirmedAt < confirmedBefore);

const Event = {
  seats: (event, wanted, { world }) => seatsPage(world, event, wanted),
  seatMap: (event) => mapOf(event),
  availability: (event, { filter }) => available(filtered(event.seats, filter)),
  orders(event, { filter, ...bounds }, { world }) {
    if (!world.isShop) fail('for SHOP and ADMIN only');
    const all = ordersOf(world, event);
    const passes = all.filter(passesFilter(filter ?? {}));
    return page('Order', passes, bounds, (cursor) => {
      const [of, before, more] = Buffer.from(cursor, 'base64url').toString().split(':');
      const isCursor = /^\d+$/.test(of) && /^\d+$/.test(before) && more === undefined;
      return isCursor && ((order) => order.first < Number(before));
    });
  },
  salesSummary(event, { by }, { world }) {
    if (!world.isShop) fail('for SHOP and ADMIN only');
    return salesOf(event, ordersOf(world, event), by);
  },
};

const Viewer = {
  reservations(viewer, { eventId }, { world }) {
    const { seats } = knownEvent(world, eventId);
    const isHeld = ({ status, heldByMe }) => heldByMe && status === 'RESERVED';
    return viewer === world.viewer ? seats.filter(isHeld) : [];
  },
  remainingAllowance(viewer, { eventId }, { world }) {
    const { maxSeatsPerViewer, seats } = knownEvent(world, eventId);
    const own = viewer === world.viewer ? seats.filter(({ heldByMe }) => heldByMe).length : 0;
    return maxSeatsPerViewer === null ? null : Math.max(0, maxSeatsPerViewer - own);
  },
  orders(viewer, bounds, { world }) {
    const own = viewer === world.viewer ? world.ownOrders : [];
    return page('Order', own, bounds, (cursor) => {
      const isAfter = after(world.orders)(cursor);
      return isAfter && ((order) => isAfter(order));
    });
  },
};

const Order = {
  event: (order, _, { world }) => world.byId.get(order.eventId),
  seats: (order, _, { world }) => order.seatIds.map((id) => world.byId.get(id)),
  lines: (order, _, { world }) =>
    order.paid.map(({ seatId, ...line }) => ({ seat: world.byId.get(seatId), ...line })),
};

const Seat = { category: (seat, _, { world }) => world.byId.get(seat.categoryId) };

const SeatMap = { serverTime: () => volatile('instant') };

/** By type and field; a schema need not have all of them. */
export const resolvers = {
  Query,
  Mutation: mutations,
  Event,
  Viewer,
  Order,
  Seat,
  SeatMap,
};
