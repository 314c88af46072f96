// Mutations that do change something: one after another, each once.

import { valid } from './cases.mjs';

const input = (seats, more = '') =>
  `input: { eventId: "«changes»", seatIds: [${seats.map((serial) => `"«changes:${serial}»"`)}] ${more} }`;

export const changes = [
  valid(
    'seats are held once, however often the field is there',
    `mutation { reserveSeats(${input([1, 2])}) { ... on ReserveSeatsSuccess { revision seats { id } } }
      reserveSeats(${input([1, 2])}) { ... on ReserveSeatsSuccess { expiresAt
        seats { status reservationExpiresAt } } } }`,
  ),
  valid(
    'and given back once',
    `mutation { releaseSeats(${input([1, 2])}) { __typename ... on ReleaseSeatsSuccess { revision } }
      releaseSeats(${input([1, 2])}) { ... on SeatsNotHeld { message }
        ... on ReleaseSeatsSuccess { seats { status } } } }`,
  ),
  valid(
    'under two names they are given back twice, and the second is refused',
    `mutation { hold: reserveSeats(${input([3])}) { ... on ReserveSeatsSuccess { revision } }
      once: releaseSeats(${input([3])}) { __typename }
      twice: releaseSeats(${input([3])}) { __typename ... on SeatsNotHeld { seats { reason } } } }`,
  ),
  valid(
    'one after another, in the order of the document',
    `mutation { z: reserveSeats(${input([4])}) { __typename ... on ReserveSeatsSuccess { revision } }
      ...F a: reserveSeats(${input([5])}) { ... on ReserveSeatsSuccess { revision } } }
    fragment F on Mutation {
      m: releaseSeats(${input([4])}) { ... on ReleaseSeatsSuccess { revision } }
      b: reserveSeats(${input([4, 6])}) { ... on ReserveSeatsSuccess { revision } } }`,
  ),
  valid(
    'a mutation that is skipped is not carried out',
    `mutation ($not: Boolean!) { reserveSeats(${input([7])}) @skip(if: $not) { __typename }
      other: reserveSeats(${input([8])}) { ... on ReserveSeatsSuccess { revision } } }`,
    { variables: '{"not":true}' },
  ),
  valid(
    'one bought once, however often the field is there',
    `mutation { reserveSeats(${input([9])}) { __typename }
      confirmSeats(${input([9], 'idempotencyKey: "first"')}) {
        ... on ConfirmSeatsSuccess { order { id code } } }
      confirmSeats(${input([9], 'idempotencyKey: "first"')}) {
        ... on ConfirmSeatsSuccess { replayed order { id total { amountMinor } } } } }`,
  ),
  valid(
    'bought, and asked for again',
    `mutation { reserveSeats(${input([10])}) { __typename }
      a: confirmSeats(${input([10], 'idempotencyKey: "second"')}) {
        ... on ConfirmSeatsSuccess { replayed order { id seats { status } } revision } }
      b: confirmSeats(${input([10], 'idempotencyKey: "second"')}) {
        ... on ConfirmSeatsSuccess { replayed order { id } revision } } }`,
  ),
  valid(
    'what fails comes to nothing, and what is around it stays',
    `mutation { a: reserveSeats(${input([11])}) { __typename }
      b: reserveSeats(input: { eventId: "gone", seatIds: ["«changes:12»"] }) { __typename }
      c: reserveSeats(${input([12])}) { ... on ReserveSeatsSuccess { seats { label heldByMe } } } }`,
  ),
  valid(
    'it would cost something else',
    `mutation { reserveSeats(${input([13])}) { __typename }
      confirmSeats(${input([13], 'idempotencyKey: "third" expectedTotal: { amountMinor: 699, currency: "EUR" }')}) {
        ... on PriceChanged { actual { amountMinor currency fractionDigits } expected { amountMinor } message } } }`,
  ),
  valid(
    'it costs what was expected',
    `mutation { reserveSeats(${input([14])}) { __typename }
      confirmSeats(${input([14], 'idempotencyKey: "fourth" expectedTotal: { amountMinor: 700, currency: "EUR" }')}) {
        ... on ConfirmSeatsSuccess { created order { lines { seat { label } price { amountMinor } } } } } }`,
  ),
];
