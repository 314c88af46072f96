// What subscriptions begin with.

import { fail } from './fault.mjs';
import { cursorOf, statusesOf } from './resolvers.mjs';

function snapshot(context, { eventId, since, after }) {
  if (after === 'no cursor') fail('that is no cursor');
  const { world } = context;
  const event = world.event(eventId) ?? fail('there is no such event');
  // A cursor counts where there is one; those that are drawn are of no event.
  if (after == null && since != null && since <= event.revision) {
    context.isLeftOut = true;
    fail('what changes come is not known here');
  }
  const reason = since == null && after == null ? 'INITIAL' : 'UNKNOWN_REVISION';
  const { revision, states } = event;
  return { __typename: 'SeatSnapshot', revision, cursor: cursorOf(event), reason, seats: states };
}

function seatStatuses(world, { eventId }) {
  return statusesOf(world.event(eventId) ?? fail('there is no such event'));
}

function myReservations(world, { eventId }) {
  if (!world.viewer) fail('a viewer is needed');
  const event = world.event(eventId) ?? fail('there is no such event');
  const held = event.seats.filter((seat) => seat.heldByMe && seat.status === 'RESERVED');
  const orders = world.ownOrders.filter((order) => order.eventId === event.id).reverse();
  return { revision: event.revision, held, orders, expired: [] };
}

/** A stream of one item, which is what its field gives. */
async function* only(item) {
  yield item;
}

export const subscriptions = {
  seatChanges: (_, args, context) => only({ seatChanges: snapshot(context, args) }),
  eventChanges: (_, { eventId }, { world }) =>
    only({ eventChanges: world.event(eventId) ?? fail('there is no such event') }),
  seatStatuses: (_, args, { world }) => only({ seatStatuses: seatStatuses(world, args) }),
  myReservations: (_, args, { world }) => only({ myReservations: myReservations(world, args) }),
};
