// How data is made: the order of keys, what is merged, what is null.

import { valid } from './cases.mjs';

const order = [
  valid(
    'a field that takes longer keeps its place',
    '{ event(id: "judge-hall") { availability { available } id name } }',
  ),
  valid('the name of the type keeps its place', '{ viewer { roles __typename id } __typename }'),
  valid(
    'roots keep their places',
    '{ seatMap(eventId: "«hall»") { revision } viewer { id } event(id: "judge-club") { id } }',
  ),
  valid('an alias keeps its place', '{ b: __typename a: __typename __typename }'),
  valid(
    'a field stands where it was written first',
    `{ event(id: "judge-hall") { id ...F name slug } }
    fragment F on Event { slug venue id }`,
  ),
  valid(
    'fragments are in the order of their spreads',
    `{ event(id: "judge-hall") { ...B ...A ... on Event { id } } }
    fragment A on Event { name slug } fragment B on Event { slug name venue }`,
  ),
  valid(
    'what is merged stays where it was first',
    `{ event(id: "judge-hall") { categories { id } name categories { price { currency } name } } }`,
  ),
  valid(
    'lists of objects of several types',
    `{ nodes(ids: ["«hall»", "«hall:3»", "«hall/1»", "«bought»", "«viewer»"]) {
      ... on Seat { label } id ... on Event { slug } __typename ... on Order { code }
      ... on Category { name } ... on Viewer { roles } } }`,
  ),
  valid(
    'what is skipped does not take a place',
    '{ event(id: "judge-hall") { name @skip(if: true) id name @include(if: true) slug } }',
  ),
  valid(
    'a name of another kind of field is a name like any other',
    '{ event(id: "judge-hall") { id: venue slug: id name: slug venue: name } }',
  ),
];

const nothing = [
  valid(
    'an object of which nothing is selected',
    '{ event(id: "judge-hall") { id @skip(if: true) } }',
  ),
  valid('data of which nothing is selected', '{ __typename @skip(if: true) }'),
  valid('an object that no fragment fits', '{ node(id: "«hall»") { ... on Seat { label } } }'),
  valid(
    'objects that no fragment fits, in a list',
    '{ event(id: "judge-hall") { categories { ... on Category @include(if: false) { id } } } }',
  ),
  valid(
    'a success of which only the refusals are selected',
    `mutation { reserveSeats(input: { eventId: "«hall»", seatIds: ["«hall:1»"] }) {
      ... on UserError { message } } }`,
    { data: '{"reserveSeats":{}}' },
  ),
  valid(
    'a refusal of which only the success is selected',
    `mutation { reserveSeats(input: { eventId: "«hall»", seatIds: ["«hall:5»"] }) {
      ... on ReserveSeatsSuccess { revision } } }`,
    { data: '{"reserveSeats":{}}' },
  ),
  valid('nothing of a mutation', 'mutation { startGuestSession @skip(if: true) { token } }'),
  valid(
    'nothing of a list',
    '{ events(first: 2) { nodes { ...F @skip(if: true) } } } fragment F on Event { id }',
  ),
];

const merged = [
  valid('an object twice', '{ event(id: "judge-hall") { id } event(id: "judge-hall") { name } }'),
  valid(
    'an object in a fragment and beside it',
    `{ ...F event(id: "judge-hall") { name } ... on Query { event(id: "judge-hall") { slug } } }
    fragment F on Query { event(id: "judge-hall") { id } }`,
  ),
  valid(
    'deep within',
    `{ seat(id: "«hall:5»") { event { categories { id } }
        event { categories { price { currency } } } }
      seat(id: "«hall:5»") { event { categories { price { amountMinor } name } } } }`,
  ),
  valid(
    'through an interface and through a type',
    `{ node(id: "«hall:5»") { ... on Seat { event { id } } ... on Node { id
      ... on Seat { event { name } } } } }`,
  ),
  valid(
    'equal arguments, written in another order',
    `{ seats(eventId: "«hall»", first: 2) { nodes { id } }
      seats(first: 2, eventId: "«hall»") { nodes { label } } }`,
  ),
  valid(
    'equal variables',
    `query ($n: Int) { events(first: $n) { nodes { id } } events(first: $n) { nodes { slug } } }`,
    { variables: '{"n":2}' },
  ),
  valid(
    'where one of them is skipped',
    `query ($not: Boolean!) { event(id: "judge-hall") @skip(if: $not) { id }
      event(id: "judge-hall") { name } }`,
    { variables: '{"not":true}' },
  ),
  valid(
    'one guest, not two',
    'mutation { startGuestSession { token } startGuestSession { viewer { id } token } }',
  ),
  valid(
    'one guest in a fragment and beside it',
    `mutation { ...F startGuestSession { expiresAt } }
    fragment F on Mutation { startGuestSession { token ... { token } } }`,
  ),
];

const errors = [
  valid(
    'a root that fails is null, and its neighbours stay',
    `{ event(id: "judge-hall") { name } seats(eventId: "gone", first: 1) { nodes { id } }
      viewer { id } }`,
  ),
  valid(
    'a root that is null',
    '{ event(id: "gone") { id } seat(id: "gone") { id } node(id: "gone") { id } }',
  ),
  valid(
    'a map of nothing beside a map',
    '{ seatMap(eventId: "gone") { revision } other: seatMap(eventId: "judge-club") { revision } }',
  ),
  valid(
    'bounds of a page',
    '{ a: events(first: 0) { nodes { id } } b: events(first: 101) { nodes { id } } }',
  ),
  valid('a cursor that is none', '{ events(after: "none") { nodes { id } } viewer { id } }'),
  valid(
    'what fails below takes a viewer along',
    '{ viewer { id orders(first: -1) { nodes { id } } } event(id: "judge-hall") { id } }',
  ),
  valid(
    'two failures that make the same thing null',
    '{ viewer { orders(first: -1) { nodes { id } } reservations(eventId: "gone") { id } } }',
  ),
  valid(
    'a failure in each of a list',
    '{ events(first: 3) { nodes { id seats(first: -1) { nodes { id } } name } } }',
  ),
  valid(
    'a failure in a list that takes its item along, and all above that may not be null',
    `query ($sections: [String!]) { events(first: 2) { nodes { id
      availability(filter: { sections: $sections }) { available } } } viewer { id } }`,
    { variables: JSON.stringify({ sections: Array.from({ length: 1001 }, (_, n) => `s${n}`) }) },
  ),
  valid(
    'a failure in each of a list within each of another',
    `{ nodes(ids: ["«hall»", "«bought»", "«hall:3»"]) { ... on Order { seats {
      event { seats(first: 1001) { nodes { id } } } category { name } } } id } }`,
  ),
  valid(
    'a failure in each of a list, with a place of its own for each',
    `{ nodes(ids: ["«hall:1»", "gone", "«club»", "«hall»"]) { id
      ... on Event { seats(first: 0) { nodes { id } } } } }`,
  ),
  valid(
    'a failure in an object that is there twice',
    `{ event(id: "judge-hall") { seats(first: 1) { nodes { label } } }
      event(id: "judge-hall") { none: seats(first: 0) { nodes { label } } } }`,
  ),
  valid(
    'a failure under an alias',
    '{ mine: viewer { pages: orders(after: "none") { nodes { id } } } }',
  ),
  valid(
    'a mutation that fails does not keep the others from being carried out',
    `mutation { a: reserveSeats(input: { eventId: "gone", seatIds: ["«hall:1»"] }) { __typename }
      b: reserveSeats(input: { eventId: "«hall»", seatIds: ["«hall:1»"] }) { __typename }
      c: releaseSeats(input: { eventId: "«hall»", seatIds: [] }) { __typename } }`,
  ),
  valid(
    'a mutation of nobody',
    `mutation { releaseSeats(input: { eventId: "«hall»", seatIds: ["«hall:1»"] }) { __typename }
      startGuestSession { __typename } }`,
    { who: 'nobody' },
  ),
  valid(
    'what fails in what may not be null leaves no data',
    'mutation { startGuestSession { viewer { orders(first: 0) { nodes { id } } } } }',
    { data: 'null' },
  ),
  valid('nobody is asking', '{ viewer { id } event(id: "judge-hall") { name } }', {
    who: 'nobody',
  }),
];

const conditions = [
  ['true', 'true'],
  ['true', 'false'],
  ['false', 'true'],
  ['false', 'false'],
].flatMap(([skip, include]) => [
  valid(
    `a field with skip ${skip} and include ${include}`,
    `{ viewer { id roles @skip(if: ${skip}) @include(if: ${include}) } }`,
  ),
  valid(
    `fragments with skip ${skip} and include ${include}, by variables`,
    `query ($skip: Boolean!, $include: Boolean = false) { viewer {
      ...F @skip(if: $skip) @include(if: $include)
      ... on Viewer @include(if: $include) @skip(if: $skip) { roles } __typename } }
    fragment F on Viewer { id }`,
    { variables: `{"skip":${skip},"include":${include}}` },
  ),
]);

const operations = [
  valid(
    'one of two, with a variable of one name and another type',
    `query A($x: Int) { events(first: $x) { nodes { id } } }
    query B($x: Boolean!) { viewer { id @include(if: $x) roles @skip(if: $x) } }`,
    { operationName: 'B', variables: '{"x":true}' },
  ),
  valid(
    'the other of the two',
    `query A($x: Int) { events(first: $x) { nodes { id } } }
    query B($x: Boolean!) { viewer { id @include(if: $x) } }`,
    { operationName: 'A', variables: '{"x":1}' },
  ),
  valid(
    'a query beside a mutation and a subscription',
    `query Q { __typename } mutation M { startGuestSession { token } }
    subscription S { seatChanges(eventId: "«hall»") { __typename } }`,
    { operationName: 'Q' },
  ),
  valid(
    'a fragment that two operations share, with a variable of each',
    `query A($n: Int = 1) { ...F } query B($n: Int!) { ...F }
    fragment F on Query { events(first: $n) { nodes { slug } } }`,
    { operationName: 'B', variables: '{"n":2}' },
  ),
  valid('one that is named, without its name', 'query Q { __typename }'),
  valid('one with its name', 'query Q { __typename }', { operationName: 'Q' }),
];

const pages = [
  valid(
    'a page and what it knows',
    '{ events(first: 2) { pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }',
  ),
  valid(
    'a page after another',
    `{ seats(eventId: "«hall»", first: 2, after: "«hall@5»") { edges { cursor node { number } }
      pageInfo { endCursor hasPreviousPage hasNextPage } } }`,
  ),
  valid(
    'a page of nothing',
    `{ seats(eventId: "«hall»", filter: { sections: [] }) {
      edges { cursor } nodes { id } pageInfo { endCursor startCursor } } }`,
  ),
];

export const execution = [
  ...order,
  ...nothing,
  ...merged,
  ...errors,
  ...conditions,
  ...operations,
  ...pages,
];
