// Mutations that do change something: one after another, each once.

import { ask } from './asking.mjs';
import { valid } from './cases.mjs';

const reserve = (serials, selections = '... on ReserveSeatsSuccess { revision }') =>
  ask('reserveSeats', 'changes', serials, { selections });
const release = (serials, selections = '... on ReleaseSeatsSuccess { revision }') =>
  ask('releaseSeats', 'changes', serials, { selections });

const extend = (serials, selections = '... on ExtendHoldsSuccess { revision }') =>
  ask('extendHolds', 'changes', serials, { selections });

/** Buys a seat; at 700 minor units, if that is what is expected. */
function confirm(serial, selections, expected) {
  const price = `expectedTotal: { amountMinor: ${expected}, currency: "EUR" }`;
  const more = `idempotencyKey: "key ${serial}" ${expected ? price : ''}`;
  return ask('confirmSeats', 'changes', [serial], { selections, more });
}

export const changes = [
  valid(
    'seats are held once, however often the field is there',
    `mutation { ${reserve([1, 2])} ${reserve(
      [1, 2],
      '... on ReserveSeatsSuccess { expiresAt seats { status reservationExpiresAt id } }',
    )} }`,
  ),
  valid(
    'and given back once',
    `mutation { ${release([1, 2])} ${release(
      [1, 2],
      '... on SeatsNotHeld { message } ... on ReleaseSeatsSuccess { seats { status } }',
    )} }`,
  ),
  valid(
    'under two names they are given back twice, and the second is refused',
    `mutation { hold: ${reserve([3])} once: ${release([3])}
      twice: ${release([3], '__typename ... on SeatsNotHeld { seats { reason } }')} }`,
  ),
  valid(
    'holds are prolonged once',
    `mutation { ${reserve([11, 12])} first: ${extend(
      [12, 11],
      '... on ExtendHoldsSuccess { seats { id status heldByMe reservationExpiresAt } expiresAt }',
    )} again: ${extend([11], '__typename ... on SeatsNotHeld { message }')} }`,
  ),
  valid(
    'one after another, in the order of the document',
    `mutation { z: ${reserve([4])} ...F a: ${reserve([5])} }
    fragment F on Mutation { m: ${release([4])} b: ${reserve([4, 6])} }`,
  ),
  valid(
    'a mutation that is skipped is not carried out',
    `mutation ($not: Boolean!) { ... @skip(if: $not) { ${reserve([7])} } other: ${reserve([8])} }`,
    { variables: '{"not":true}' },
  ),
  valid(
    'a seat is bought once, however often the field is there',
    `mutation { ${reserve([9])} ${confirm(9, '... on ConfirmSeatsSuccess { order { id code } }')}
      ${confirm(
        9,
        '... on ConfirmSeatsSuccess { replayed order { id total { amountMinor } } }',
      )} }`,
  ),
  valid(
    'bought, and asked for again',
    `mutation { ${reserve([10])}
      a: ${confirm(10, '... on ConfirmSeatsSuccess { replayed order { id } revision }')}
      b: ${confirm(10, '... on ConfirmSeatsSuccess { replayed order { id } revision }')} }`,
  ),
  valid(
    'what fails comes to nothing, and what is around it stays',
    `mutation { a: ${reserve([11])}
      b: reserveSeats(input: { eventId: "gone", seatIds: ["«changes:12»"] }) { __typename }
      c: ${reserve([12], '... on ReserveSeatsSuccess { seats { label heldByMe } }')} }`,
  ),
  valid(
    'it would cost something else',
    `mutation { ${reserve([13])} ${confirm(
      13,
      `... on PriceChanged { actual { amountMinor currency fractionDigits }
        expected { amountMinor currency } message }`,
      699,
    )} }`,
  ),
  valid(
    'it costs what was expected',
    `mutation { ${reserve([14])} ${confirm(
      14,
      `... on ConfirmSeatsSuccess { created
        order { lines { seat { label } price { amountMinor } } } }`,
      700,
    )} }`,
  ),
];
