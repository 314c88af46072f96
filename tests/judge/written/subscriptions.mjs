// Subscriptions: what they may ask for, and what they begin with.

import { refused, valid } from './cases.mjs';

const CHANGES = 'seatChanges(eventId: "«hall»")';

export const subscriptions = [
  valid(
    'a snapshot',
    `subscription { ${CHANGES} { __typename ... on SeatSnapshot { reason revision
    seats { status seatId revision reservationExpiresAt } } } }`,
  ),
  valid(
    'in a fragment at the root',
    `subscription { ...F }
    fragment F on Subscription { ${CHANGES} { __typename } }`,
  ),
  valid(
    'in fragments within fragments',
    `subscription { ... on Subscription { ...F ... { ...F } } }
    fragment F on Subscription { ${CHANGES} { ... on SeatSnapshot { reason } } }`,
  ),
  valid(
    'the same field twice',
    `subscription { ${CHANGES} { __typename }
    ${CHANGES} { ... on SeatSnapshot { reason } } }`,
  ),
  valid(
    'the same field in a fragment and beside it',
    `subscription { ...F ${CHANGES} { __typename } }
    fragment F on Subscription { ${CHANGES} { ... on SeatSnapshot { revision } } }`,
  ),
  valid('under another name', `subscription { seats: ${CHANGES} { kind: __typename } }`),
  valid(
    'of which nothing is selected',
    `subscription { ${CHANGES} { ... on SeatChanges { toRevision } } }`,
  ),
  valid(
    'with conditions below the root',
    `subscription ($a: Boolean!) { ${CHANGES} {
    __typename @skip(if: $a) ... on SeatSnapshot @include(if: $a) { reason } } }`,
    { variables: '{"a":true}' },
  ),
  valid(
    'after a revision that is not reached',
    `subscription { seatChanges(eventId: "«hall»", since: 1000000) {
    ... on SeatSnapshot { reason } } }`,
  ),
  valid(
    'of one of several operations',
    `query Q { __typename } subscription S { ${CHANGES} { __typename } }`,
    { operationName: 'S' },
  ),
  valid(
    'what one holds and owns',
    `subscription { myReservations(eventId: "«hall»") { expired
    held { label status event { slug } } revision
    orders { code total { amountMinor } seats { number } } } }`,
  ),
  valid(
    'what one holds and owns, in fragments',
    `subscription { ...F }
    fragment F on Subscription { myReservations(eventId: "«hall»") { ...G held { id } } }
    fragment G on MyReservations { orders { id } held { label } }`,
  ),
  refused(
    'of an event that is not there',
    'subscription { seatChanges(eventId: "gone") { __typename } }',
  ),
  refused('of nobody', 'subscription { myReservations(eventId: "«hall»") { revision } }', {
    who: 'nobody',
  }),
  refused(
    'two fields',
    `subscription { ${CHANGES} { __typename } myReservations(eventId: "«hall»") { revision } }`,
  ),
  refused(
    'two names',
    `subscription { a: ${CHANGES} { __typename } b: ${CHANGES} { __typename } }`,
  ),
  refused(
    'two fields, one in a fragment',
    `subscription { ${CHANGES} { __typename } ...F }
    fragment F on Subscription { myReservations(eventId: "«hall»") { revision } }`,
  ),
  refused(
    'two fields of one that is not chosen',
    `query Q { __typename }
    subscription S { a: ${CHANGES} { __typename } b: ${CHANGES} { __typename } }`,
    { operationName: 'Q' },
  ),
  refused('the name of the type', 'subscription { __typename }'),
  refused('what the schema says of itself', 'subscription { __schema { description } }'),
  refused('skip at the root', `subscription { ${CHANGES} @skip(if: false) { __typename } }`),
  refused('include at the root', `subscription { ${CHANGES} @include(if: true) { __typename } }`),
  refused(
    'a condition at the root, by a variable',
    `subscription ($a: Boolean!) { ${CHANGES} @include(if: $a) { __typename } }`,
    { variables: '{"a":true}' },
  ),
  refused(
    'a condition on a fragment at the root',
    `subscription { ...F @skip(if: false) }
    fragment F on Subscription { ${CHANGES} { __typename } }`,
  ),
  refused(
    'a condition in a fragment at the root',
    `subscription { ...F }
    fragment F on Subscription { ${CHANGES} @skip(if: false) { __typename } }`,
  ),
  refused('an unknown field', 'subscription { nope }'),
];
