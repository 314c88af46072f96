// Mutations that change nothing: they are refused, or were carried out before.

import { ask } from './asking.mjs';
import { valid } from './cases.mjs';

const HELD = `... on ReserveSeatsSuccess { serverTime expiresAt revision
  seats { id heldByMe reservationExpiresAt status } }`;
const BOUGHT = `... on ConfirmSeatsSuccess { replayed revision
  order { code id total { amountMinor currency } seats { label } event { slug } } }`;

const confirm = (serials, key, selections, more = '') =>
  ask('confirmSeats', 'hall', serials, { more: `idempotencyKey: "${key}" ${more}`, selections });

const OTHER_PAYMENT = `... on AlreadyConfirmed { message
  order { code paymentReference seats { label } lines { price { amountMinor } } } }`;
const OTHER_PRICE = `... on PriceChanged { message expected { currency amountMinor fractionDigits }
  actual { amountMinor fractionDigits currency } }`;
const total = (amountMinor, currency) =>
  `expectedTotal: { amountMinor: ${amountMinor}, currency: "${currency}" }`;

/** Seats by their ids, which need not be any. */
const ofIds = (field, ids) => `${field}(input: { eventId: "«hall»", seatIds: [${ids}]
  ${field === 'confirmSeats' ? 'idempotencyKey: "new"' : ''} }) {
  ... on ${field === 'reserveSeats' ? 'SeatsUnavailable' : 'SeatsNotHeld'} {
    seats { seatId reason seat { label } } } }`;

/** Ids of other things and of nothing, beside a seat that is taken and one of another event. */
const STRAYS = '"«lawn:2»", "none", "«hall:12»", 12, "", "«hall»", "none", "«hall/1»", "«club:1»"';

const many = (count, id) => JSON.stringify({ ids: Array.from({ length: count }, (_, n) => id(n)) });
const MANY = `mutation ($ids: [ID!]!) { releaseSeats(input: { eventId: "«hall»", seatIds: $ids }) {
  ... on SeatsNotHeld { seats { seatId seat { id } reason } } } }`;

export const mutations = [
  valid('seats that are taken', `mutation { ${ask('reserveSeats', 'hall', [12, 3, 21, 7])} }`),
  valid('more than one may have', `mutation { ${ask('reserveSeats', 'hall', [7, 8])} }`),
  valid('sales that are still to open', `mutation { ${ask('reserveSeats', 'club', [1])} }`),
  valid(
    'seats that are held already',
    `mutation { ${ask('reserveSeats', 'hall', [2, 1, 2], { selections: HELD })} }`,
  ),
  valid('seats not held', `mutation { ${ask('releaseSeats', 'hall', [12, 7, 5, 3])} }`),
  valid('holds of others', `mutation { ${ask('extendHolds', 'hall', [12, 7, 3])} }`),
  valid('holds that are not prolonged', `mutation { ${ask('extendHolds', 'lawn', [1])} }`),
  valid('a purchase that is repeated', `mutation { ${confirm([6, 5], 'bought', BOUGHT)} }`),
  valid('a key that is used again', `mutation { ${confirm([1], 'bought')} }`),
  valid('seats that cannot be bought', `mutation { ${confirm([3, 1], 'new')} }`),
  valid(
    'another payment under the same key',
    `mutation { ${confirm([5, 6], 'bought', OTHER_PAYMENT, 'paymentReference: "another"')} }`,
  ),
  valid(
    'another payment under a new key',
    `mutation { ${confirm([6, 5], 'new', OTHER_PAYMENT, 'paymentReference: "another"')} }`,
  ),
  valid(
    'what is bought already costs what it did',
    `mutation { ${confirm([9], 'again', BOUGHT, total(1, 'EUR'))} }`,
  ),
  valid(
    'it costs something else',
    `mutation { ${confirm([1, 2], 'new', OTHER_PRICE, total(10_099, 'EUR'))} }`,
  ),
  valid(
    'it costs as much, of another currency',
    `mutation { ${confirm([1, 2], 'new', OTHER_PRICE, total(10_100, 'JPY'))} }`,
  ),
  valid(
    'a total in what is no currency',
    `mutation { ${confirm([1, 2], 'new', OTHER_PRICE, total(10_100, 'eur'))} }`,
  ),
  valid(
    'a purchase for somebody, by one who may not',
    `mutation ($id: ID) { a: ${confirm([6, 5], 'bought', BOUGHT, 'viewerId: "«viewer»"')}
      b: ${confirm([6, 5], 'bought', BOUGHT, 'viewerId: $id')} }`,
    { variables: '{"id":null}' },
  ),
  valid(
    'a purchase for oneself by name, and for nobody, by one who may',
    `mutation { a: ${confirm([12], 'new', undefined, 'viewerId: "«viewer»"')}
      b: ${confirm([12], 'new', undefined, 'viewerId: "none"')} }`,
    { who: 'root' },
  ),
  valid(
    'names and references that are too short, too long, or not to be seen',
    `mutation ($long: String!) {
      a: ${confirm([12], '', '__typename')} b: ${confirm([12], '\\u0007', '__typename')}
      c: ${confirm([12], 'new', '__typename', 'paymentReference: $long')}
      d: ${confirm([12], 'new', '__typename', 'paymentReference: ""')} }`,
    { variables: JSON.stringify({ long: 'x'.repeat(256) }) },
  ),
  ...['reserveSeats', 'confirmSeats', 'releaseSeats'].map((field) =>
    valid(`${field} for what is no seat of the event`, `mutation { ${ofIds(field, STRAYS)} }`),
  ),
  valid(
    'one that is no seat, beside those that are held',
    `mutation { ${ofIds('releaseSeats', '"«hall:1»", "none", "«hall:2»"')} }`,
  ),
  valid('a hundred that are no seats', MANY, { variables: many(100, (n) => `none ${n}`) }),
  valid('more than a hundred', MANY, { variables: many(101, (n) => `none ${n}`) }),
  valid('one, more than a hundred times', MANY, { variables: many(101, () => 'none') }),
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
