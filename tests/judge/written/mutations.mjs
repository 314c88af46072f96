// Mutations that change nothing: they are refused, or were carried out before.

import { valid } from './cases.mjs';

const REFUSALS = `__typename
  ... on UserError { message }
  ... on SeatsUnavailable { seats { seatId reason seat { label status } } }
  ... on SeatsNotHeld { seats { reason seatId } }
  ... on SeatLimitExceeded { limit held requested }
  ... on SalesClosed { opensAt closedAt }`;

const ask = (field, event, seats, more = '') =>
  `${field}(input: { eventId: "${event}", seatIds: [${seats.map((seat) => `"${seat}"`)}] ${more} })`;

export const mutations = [
  valid(
    'seats that are taken',
    `mutation { ${ask('reserveSeats', '«hall»', ['«hall:12»', '«hall:3»', '«hall:21»', '«hall:7»'])} { ${REFUSALS} } }`,
  ),
  valid(
    'more seats than one may have',
    `mutation { ${ask('reserveSeats', '«hall»', ['«hall:7»', '«hall:8»'])} { ${REFUSALS} } }`,
  ),
  valid(
    'sales that are still to open',
    `mutation { ${ask('reserveSeats', '«club»', ['«club:1»'])} { ${REFUSALS} } }`,
  ),
  valid(
    'seats that are held already',
    `mutation { ${ask('reserveSeats', '«hall»', ['«hall:2»', '«hall:1»', '«hall:2»'])} {
    ... on ReserveSeatsSuccess { serverTime seats { id heldByMe reservationExpiresAt status } expiresAt revision } } }`,
  ),
  valid(
    'seats that are not held',
    `mutation { ${ask('releaseSeats', '«hall»', ['«hall:12»', '«hall:7»', '«hall:5»', '«hall:3»'])} { ${REFUSALS} } }`,
  ),
  valid(
    'a purchase that is repeated',
    `mutation { ${ask('confirmSeats', '«hall»', ['«hall:6»', '«hall:5»'], 'idempotencyKey: "bought"')} {
    ... on ConfirmSeatsSuccess { replayed order { code id total { amountMinor currency } seats { label } event { slug } } revision } } }`,
  ),
  valid(
    'a key that is used again',
    `mutation { ${ask('confirmSeats', '«hall»', ['«hall:1»'], 'idempotencyKey: "bought"')} { ${REFUSALS} } }`,
  ),
  valid(
    'seats that cannot be bought',
    `mutation { ${ask('confirmSeats', '«hall»', ['«hall:3»', '«hall:1»'], 'idempotencyKey: "k"')} { ${REFUSALS} } }`,
  ),
  valid(
    'several, one after another',
    `mutation {
    b: ${ask('reserveSeats', '«hall»', ['«hall:12»'])} { ${REFUSALS} }
    a: ${ask('releaseSeats', '«hall»', ['«hall:12»'])} { ${REFUSALS} }
    startGuestSession { viewer { roles } expiresAt }
    c: ${ask('confirmSeats', '«hall»', ['«hall:12»'], 'idempotencyKey: "k"')} { ${REFUSALS} } }`,
  ),
  valid(
    'a refusal twice under one key',
    `mutation {
    ${ask('releaseSeats', '«hall»', ['«hall:12»'])} { ... on SeatsNotHeld { seats { reason } } }
    ${ask('releaseSeats', '«hall»', ['«hall:12»'])} { ... on SeatsNotHeld { message seats { seatId } } } }`,
  ),
  valid(
    'an interface and its members',
    `mutation { ${ask('reserveSeats', '«hall»', ['«hall:12»'])} {
    ... on UserError { __typename message ... on SeatsUnavailable { seats { reason } } }
    ... on SeatsUnavailable { message } } }`,
  ),
];
