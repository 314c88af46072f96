// What is no document of this schema, and what looks as if it were none.

import { refused, valid } from './cases.mjs';

const fields = [
  refused('an unknown field', '{ nope }'),
  refused('a field of another type', '{ viewer { slug } }'),
  refused(
    'a field on a union',
    `mutation { reserveSeats(input: { eventId: "«hall»",
    seatIds: ["«hall:5»"] }) { message } }`,
  ),
  refused('an object without selections', '{ viewer }'),
  refused('a list of objects without selections', '{ events { nodes } }'),
  refused('a leaf with selections', '{ viewer { id { __typename } } }'),
  refused('a scalar with selections', '{ event(id: "judge-hall") { revision { value } } }'),
  refused('no selections', '{ }'),
  refused('no selections within', '{ viewer { } }'),
  refused('an introspection field below the root', '{ viewer { __schema { description } } }'),
];

const conflicts = [
  refused('two fields of one name', '{ event(id: "judge-hall") { id: name id } }'),
  refused(
    'two fields of one name, the other way round',
    '{ event(id: "judge-hall") { id id: name } }',
  ),
  refused('two names of types', '{ event(id: "judge-hall") { name: __typename name } }'),
  refused(
    'a field with two arguments',
    '{ event(id: "judge-hall") { id } event(id: "judge-club") { id } }',
  ),
  refused(
    'a field with an argument and without',
    '{ events(first: 1) { nodes { id } } events { nodes { id } } }',
  ),
  refused(
    'a variable and a literal that happen to be the same',
    'query ($n: Int = 1) { events(first: $n) { nodes { id } } events(first: 1) { nodes { id } } }',
  ),
  refused(
    'deep within',
    `{ event(id: "judge-hall") { categories { x: name } }
      event(id: "judge-hall") { categories { x: color } } }`,
  ),
  refused(
    'through fragments',
    `{ event(id: "judge-hall") { ...A ...B } }
    fragment A on Event { x: name } fragment B on Event { x: venue }`,
  ),
  refused(
    'between types that exclude each other, of other shapes',
    '{ node(id: "«hall»") { ... on Event { x: name } ... on Seat { x: accessible } } }',
  ),
  refused(
    'between types that exclude each other, one of which may be null',
    '{ node(id: "«hall»") { ... on Event { x: name } ... on Category { x: color } } }',
  ),
  refused(
    'a list and no list, on types that exclude each other',
    '{ node(id: "«hall»") { ... on Seat { x: event { id } } ... on Order { x: seats { id } } } }',
  ),
  valid(
    'between types that exclude each other, of one shape',
    '{ node(id: "«hall»") { ... on Event { x: name } ... on Seat { x: label } } }',
  ),
  valid(
    'objects of other types with one shape',
    `{ node(id: "«hall:5»") { ... on Seat { x: category { id } }
      ... on Order { x: event { id } } } }`,
  ),
  valid(
    'other arguments on types that exclude each other',
    `{ node(id: "«hall»") { ... on Event { x: categories { id } }
      ... on Order { x: seats { id } } } }`,
  ),
  refused(
    'a list and the beginning of it',
    '{ nodes(ids: ["a"]) { id } nodes(ids: ["a", "b"]) { id } }',
  ),
  refused('a list and an empty one', '{ nodes(ids: []) { id } nodes(ids: ["a"]) { id } }'),
  refused(
    'an object and a part of it',
    `{ seats(eventId: "a", filter: { accessible: true }) { nodes { id } }
      seats(eventId: "a", filter: { accessible: true, status: null }) { nodes { id } } }`,
  ),
  refused(
    'in a fragment that nothing takes, since it is skipped',
    '{ viewer { id } ... @skip(if: true) { viewer { id: roles } } }',
  ),
];

const args = [
  refused('an unknown argument', '{ viewer(id: 1) { id } }'),
  refused('a required argument is missing', '{ event { id } }'),
  refused('a required argument is null', '{ event(id: null) { id } }'),
  refused('an argument twice', '{ event(id: "a", id: "a") { id } }'),
  refused(
    'an enum as a text',
    '{ seats(eventId: "«hall»", filter: { status: "AVAILABLE" }) { nodes { id } } }',
  ),
  refused(
    'an unknown value of an enum',
    '{ seats(eventId: "«hall»", filter: { status: SOLD }) { nodes { id } } }',
  ),
  refused('a text for an Int', '{ events(first: "1") { nodes { id } } }'),
  refused('a Float for an Int', '{ events(first: 1.0) { nodes { id } } }'),
  refused('an exponent for an Int', '{ events(first: 1e0) { nodes { id } } }'),
  refused('a number beyond 32 bits for an Int', '{ events(first: 2147483648) { nodes { id } } }'),
  refused('a Boolean for an ID', '{ event(id: true) { id } }'),
  refused('a Float for an ID', '{ event(id: 1.5) { id } }'),
  refused('an enum for an ID', '{ event(id: judge) { id } }'),
  refused('a number for a String', '{ events(after: 5) { nodes { id } } }'),
  refused('a number for a Boolean', '{ viewer { id @skip(if: 1) } }'),
  refused('a list for one', '{ event(id: ["judge-hall"]) { id } }'),
  refused('null in a list of what is not null', '{ nodes(ids: [null]) { id } }'),
  refused('an object for a leaf', '{ event(id: { id: "a" }) { id } }'),
  refused('a text for an object', '{ seats(eventId: "«hall»", filter: "all") { nodes { id } } }'),
  refused(
    'an unknown input field',
    '{ seats(eventId: "«hall»", filter: { colour: "red" }) { nodes { id } } }',
  ),
  refused(
    'an input field twice',
    '{ seats(eventId: "«hall»", filter: { accessible: true, accessible: true }) { nodes { id } } }',
  ),
  refused(
    'a required input field is missing',
    'mutation { releaseSeats(input: { eventId: "«hall»" }) { __typename } }',
  ),
  refused(
    'a required input field is null',
    'mutation { releaseSeats(input: { eventId: "«hall»", seatIds: null }) { __typename } }',
  ),
  refused(
    'a fraction for a scalar of ours',
    `mutation { confirmSeats(input: { eventId: "«hall»", seatIds: ["«hall:12»"],
      idempotencyKey: "new", expectedTotal: { amountMinor: 1.5, currency: "EUR" } }) {
      __typename } }`,
  ),
  refused(
    'a text for a scalar of ours',
    `mutation { confirmSeats(input: { eventId: "«hall»", seatIds: ["«hall:12»"],
      idempotencyKey: "new", expectedTotal: { amountMinor: "1", currency: "EUR" } }) {
      __typename } }`,
  ),
  refused(
    'a revision below 0',
    'subscription { seatChanges(eventId: "«hall»", since: -1) { __typename } }',
  ),
  refused(
    'a revision too large for a number of JSON',
    'subscription { seatChanges(eventId: "«hall»", since: 9007199254740992) { __typename } }',
  ),
  valid('one for a list', '{ nodes(ids: "«hall»") { id } }'),
  valid('a number for an ID', '{ event(id: 5) { id } }'),
  valid('null for what may be null', '{ events(first: null, after: null) { nodes { id } } }'),
  valid('an empty list', '{ nodes(ids: []) { id } }'),
  valid(
    'an object with nothing in it',
    '{ seats(eventId: "«hall»", first: 1, filter: {}) { nodes { id } } }',
  ),
];

const fragments = [
  refused('one that is not there', '{ ...Missing }'),
  refused('one that nothing spreads', '{ __typename } fragment F on Viewer { id }'),
  refused('one within itself', '{ ...F } fragment F on Query { __typename ...F }'),
  refused(
    'two within each other',
    '{ ...A } fragment A on Query { __typename ...B } fragment B on Query { __typename ...A }',
  ),
  refused(
    'a circle that nothing spreads',
    '{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }',
  ),
  refused('of an unknown type', '{ ... on Nothing { id } }'),
  refused('of a scalar', '{ ... on ID { id } }'),
  refused('of an input object', '{ viewer { ...F } } fragment F on SeatFilter { status }'),
  refused('of a type that cannot be here', '{ viewer { ... on Seat { id } } }'),
  refused(
    'of a union that cannot be here',
    '{ viewer { ... on ReserveSeatsResult { __typename } } }',
  ),
  refused(
    'twice under one name',
    '{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }',
  ),
  refused('called on', '{ ...on } fragment on on Query { __typename }'),
  valid('called as a keyword', '{ ...fragment } fragment fragment on Query { __typename }'),
  valid('of an interface on a type', '{ event(id: "judge-hall") { ... on Node { id } } }'),
  valid(
    'of one union on another',
    `mutation { releaseSeats(input: { eventId: "«hall»", seatIds: ["«hall:9»"] }) {
      ... on ConfirmSeatsResult { __typename ... on SeatsNotHeld { seats { reason } } } } }`,
  ),
];

const directives = [
  refused('an unknown one', '{ viewer { id @nope } }'),
  refused('an unknown one on a fragment', '{ ... @nope { __typename } }'),
  refused('an unknown one on an operation', 'query @nope { __typename }'),
  refused(
    'an unknown one on a variable',
    'query ($a: Int @nope) { events(first: $a) { nodes { id } } }',
  ),
  refused('one of the schema', '{ viewer { id @deprecated } }'),
  refused('in the wrong place', 'query @skip(if: true) { __typename }'),
  refused('twice', '{ viewer { id @skip(if: false) @skip(if: false) } }'),
  refused('without its argument', '{ viewer { id @skip } }'),
  refused('with null', '{ viewer { id @include(if: null) } }'),
  refused('with another argument', '{ viewer { id @include(if: true, unless: false) } }'),
  refused(
    'with a variable that may be null',
    'query ($a: Boolean) { viewer { id @skip(if: $a) } }',
  ),
];

const operations = [
  refused('none', 'fragment F on Query { __typename }'),
  refused('two of one name', 'query A { __typename } query A { __typename }'),
  refused('two without a name', '{ __typename } { __typename }'),
  refused('one without a name among others', '{ __typename } query A { __typename }', {
    operationName: 'A',
  }),
  refused('two, and none is chosen', 'query A { __typename } query B { __typename }'),
  refused('another is chosen', 'query A { __typename }', { operationName: 'B' }),
  refused('one is chosen where it has no name', '{ __typename }', { operationName: 'A' }),
  refused('one is invalid that is not chosen', 'query A { __typename } query B { nope }', {
    operationName: 'A',
  }),
  refused('a definition of a type beside it', '{ __typename } type Seat { id: ID! }'),
  refused('an extension of a type beside it', '{ __typename } extend type Seat { mine: ID }'),
];

const named = (group, cases) => cases.map((one) => ({ ...one, name: `${group}: ${one.name}` }));

export const validation = [
  ...named('fields', fields),
  ...named('conflicts', conflicts),
  ...named('arguments', args),
  ...named('fragments', fragments),
  ...named('directives', directives),
  ...named('operations', operations),
];
