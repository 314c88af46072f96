// Mutations that change nothing: they are refused, or were carried out before.

import { ask } from './asking.mjs';
import { valid } from './cases.mjs';

const HELD = `... on ReserveSeatsSuccess { serverTime expiresAt revision
  seats { id heldByMe reservationExpiresAt status } }`;
const BOUGHT = `... on ConfirmSeatsSuccess { replayed revision
  order { code id total { amountMinor currency } seats { label } event { slug } } }`;

const confirm = (serials, key, selections) =>
  ask('confirmSeats', 'hall', serials, { more: `idempotencyKey: "${key}"`, selections });

export const mutations = [
  valid('seats that are taken', `mutation { ${ask('reserveSeats', 'hall', [12, 3, 21, 7])} }`),
  valid('more than one may have', `mutation { ${ask('reserveSeats', 'hall', [7, 8])} }`),
  valid('sales that are still to open', `mutation { ${ask('reserveSeats', 'club', [1])} }`),
  valid(
    'seats that are held already',
    `mutation { ${ask('reserveSeats', 'hall', [2, 1, 2], { selections: HELD })} }`,
  ),
  valid('seats not held', `mutation { ${ask('releaseSeats', 'hall', [12, 7, 5, 3])} }`),
  valid('a purchase that is repeated', `mutation { ${confirm([6, 5], 'bought', BOUGHT)} }`),
  valid('a key that is used again', `mutation { ${confirm([1], 'bought')} }`),
  valid('seats that cannot be bought', `mutation { ${confirm([3, 1], 'new')} }`),
  valid(
    'several, one after another',
    `mutation { b: ${ask('reserveSeats', 'hall', [12])} a: ${ask('releaseSeats', 'hall', [12])}
      startGuestSession { viewer { roles } expiresAt } c: ${confirm([12], 'new')} }`,
  ),
  valid(
    'a refusal twice under one key',
    `mutation { ${ask('releaseSeats', 'hall', [12])} ...F }
    fragment F on Mutation { ${ask('releaseSeats', 'hall', [12])} }`,
  ),
  valid(
    'an interface and its members',
    `mutation { ${ask('reserveSeats', 'hall', [12], {
      selections: `... on UserError { __typename ... on SeatsUnavailable { seats { reason } } }
        ... on SeatsUnavailable { message }`,
    })} }`,
  ),
];
