// Pages of lists, as the contract describes them.

import { fail } from './fault.mjs';

/** The bounds of each list. */
const BOUNDS = {
  Event: { unlessSaid: 20, most: 100 },
  Seat: { unlessSaid: 100, most: 1000 },
  Order: { unlessSaid: 20, most: 100 },
  AuditLogEntry: { unlessSaid: 20, most: 100 },
  Webhook: { unlessSaid: 20, most: 100 },
};

/**
 * A page of a list.
 *
 * @param type what the list is of
 * @param items all of the list, with their cursors
 * @param isAfter which items come after a cursor: `undefined` if it is none
 */
export function page(type, items, { first, after }, isAfter) {
  const { unlessSaid, most } = BOUNDS[type];
  const size = first ?? unlessSaid;
  if (size < 1 || size > most) fail('first is out of bounds');
  const comesAfter = after == null ? () => true : isAfter(after);
  if (!comesAfter) fail('after is no cursor of this list');
  const rest = items.filter(comesAfter);
  const nodes = rest.slice(0, size);
  const cursors = nodes.map(({ cursor }) => cursor);
  return {
    pageInfo: {
      hasPreviousPage: after != null,
      hasNextPage: rest.length > size,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
    edges: nodes.map((node) => ({ node, cursor: node.cursor })),
    nodes,
  };
}
