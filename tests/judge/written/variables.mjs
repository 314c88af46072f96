// Variables: how they are declared, where they may stand, and what may be sent.

import { refused, valid } from './cases.mjs';

const EVENT = 'query ($a: ID!) { event(id: $a) { slug } }';
const FIRST = 'query ($a: Int) { events(first: $a) { nodes { slug } } }';
const FIRST_OR_ONE = 'query ($a: Int = 1) { events(first: $a) { nodes { slug } } }';
const NODES = 'query ($a: [ID!]!) { nodes(ids: $a) { id } }';
const SEATS = `query ($a: SeatFilter) { seats(eventId: "«hall»", first: 3, filter: $a) {
  nodes { label status } } }`;
const SINCE =
  'subscription ($a: Revision) { seatChanges(eventId: "«hall»", since: $a) { __typename } }';

const sent = (json) => ({ variables: `{"a":${json}}` });

const declared = [
  refused(
    'one that may be null, where null is not taken',
    'query ($a: ID) { event(id: $a) { id } }',
    sent('"judge-hall"'),
  ),
  refused('an Int for an ID', 'query ($a: Int!) { event(id: $a) { id } }', sent('1')),
  refused(
    'a String for an ID',
    'query ($a: String!) { event(id: $a) { id } }',
    sent('"judge-hall"'),
  ),
  refused('one for a list', 'query ($a: ID!) { nodes(ids: $a) { id } }', sent('"a"')),
  refused('a list for one', 'query ($a: [ID!]!) { event(id: $a) { id } }', sent('["a"]')),
  refused(
    'a list of what may be null',
    'query ($a: [ID]!) { nodes(ids: $a) { id } }',
    sent('["a"]'),
  ),
  refused('a list that may be null', 'query ($a: [ID!]) { nodes(ids: $a) { id } }', sent('["a"]')),
  refused('one that is not declared', '{ event(id: $a) { id } }', sent('"a"')),
  refused(
    'one that is declared by another operation only',
    'query A($a: ID!) { event(id: $a) { id } } query B { event(id: $a) { id } }',
    { operationName: 'A', ...sent('"a"') },
  ),
  refused(
    'one that is not declared, in a fragment',
    'query { ...F } fragment F on Query { event(id: $a) { id } }',
  ),
  refused('one that nothing uses', 'query ($a: ID) { __typename }'),
  refused(
    'one that is declared twice',
    'query ($a: ID!, $a: ID!) { event(id: $a) { id } }',
    sent('"a"'),
  ),
  refused('one of an unknown type', 'query ($a: Nothing) { event(id: $a) { id } }'),
  refused('one of a type that is only given out', 'query ($a: Event) { event(id: $a) { id } }'),
  refused(
    'a default value of another type',
    'query ($a: Int = "1") { events(first: $a) { nodes { id } } }',
  ),
  refused(
    'null as default where null is not taken',
    'query ($a: Int! = null) { events(first: $a) { nodes { id } } }',
  ),
  refused(
    'a variable as default',
    'query ($a: Int, $b: Int = $a) { events(first: $b) { nodes { id } } }',
  ),
  refused(
    'null as default for an argument that is required',
    'query ($a: ID = null) { event(id: $a) { id } }',
  ),
  valid(
    'a default value for an argument that is required',
    'query ($a: ID = "judge-hall") { event(id: $a) { slug } }',
  ),
  valid(
    'one that is used in a directive only',
    'query ($a: Boolean!) { viewer { id @skip(if: $a) __typename } }',
    sent('true'),
  ),
  valid(
    'one that is used within an object only',
    `query ($a: SeatStatus) {
    seats(eventId: "«hall»", filter: { status: $a }) { nodes { id } } }`,
    sent('"RESERVED"'),
  ),
  valid(
    'one that is used in a list only',
    'query ($a: ID!) { nodes(ids: ["«hall»", $a]) { id } }',
    sent('"«hall:1»"'),
  ),
  valid(
    'one that is used in a fragment only',
    'query ($a: ID!) { ...F } fragment F on Query { event(id: $a) { slug } }',
    sent('"judge-hall"'),
  ),
  valid(
    'one that is required, where null would be taken',
    'query ($a: Int!) { events(first: $a) { nodes { id } } }',
    sent('1'),
  ),
  valid(
    'a list of what is not null, where null would be taken',
    `query ($a: [String!]!) {
    seats(eventId: "«hall»", first: 2, filter: { sections: $a }) { nodes { section } } }`,
    sent('["Ränge"]'),
  ),
];

const omitted = [
  refused('one that is required', EVENT),
  refused('one that is required is null', EVENT, sent('null')),
  refused(
    'one that is required and has a default is null',
    'query ($a: Int! = 1) { events(first: $a) { nodes { id } } }',
    sent('null'),
  ),
  valid(
    'one that is required and has a default',
    'query ($a: Int! = 1) { events(first: $a) { nodes { id } } }',
  ),
  valid('one that may be null', FIRST),
  valid('one that may be null is null', FIRST, sent('null')),
  valid('one with a default', FIRST_OR_ONE),
  valid('one with a default is null', FIRST_OR_ONE, sent('null')),
  valid(
    'null for a default, where null is not taken: the field fails',
    `query ($a: ID = "judge-hall") {
    event(id: $a) { id } viewer { id } }`,
    sent('null'),
  ),
  refused(
    'null for a default, where it decides on a selection',
    'query ($a: Boolean = true) { viewer { id @skip(if: $a) } }',
    sent('null'),
  ),
  valid(
    'one within an object',
    `query ($a: SeatStatus) { seats(eventId: "«hall»", first: 2,
    filter: { status: $a }) { nodes { id } } }`,
  ),
  valid(
    'one of a list of what may not be null, which has a default: the field fails',
    `query ($a: ID = "a") {
    nodes(ids: ["«hall»", $a]) { id } viewer { id } }`,
    sent('null'),
  ),
  refused('more than are declared', EVENT, { variables: '{"a":"judge-hall","b":[{}]}' }),
  valid('no variables at all', '{ __typename }', { variables: 'null' }),
];

const numbers = [
  valid('a whole number', FIRST, sent('1')),
  valid('1.0 is whole', FIRST, sent('1.0')),
  valid('1e0 is whole', FIRST, sent('1e0')),
  valid('20e-1 is whole', FIRST, sent('20e-1')),
  valid('0.2e1 is whole', FIRST, sent('0.2E+1')),
  valid('-0 is whole, and out of bounds', FIRST, sent('-0')),
  valid('the largest', FIRST, sent('2147483647')),
  valid('the smallest', FIRST, sent('-2147483648')),
  refused('1.5 is not', FIRST, sent('1.5')),
  refused('one too large', FIRST, sent('2147483648')),
  refused('one much too large', FIRST, sent('1e300')),
  refused('a text', FIRST, sent('"1"')),
  refused('a Boolean', FIRST, sent('true')),
  refused('a list', FIRST, sent('[1]')),
  refused('an object', FIRST, sent('{}')),
  valid('a revision', SINCE, sent('1000000')),
  valid('1e6 is a revision', SINCE, sent('1e6')),
  valid('1000000.0 is a revision', SINCE, sent('1000000.0')),
  valid('the largest revision', SINCE, sent('9007199254740991')),
  refused('a revision too large', SINCE, sent('9007199254740992')),
  refused('a fraction of a revision', SINCE, sent('1.5')),
  refused('a revision below 0', SINCE, sent('-1')),
  refused('a revision as a text', SINCE, sent('"1000000"')),
];

const others = [
  valid('a text for an ID', EVENT, sent('"judge-hall"')),
  valid('a number for an ID', EVENT, sent('5')),
  refused('a Boolean for an ID', EVENT, sent('true')),
  refused('a fraction for an ID', EVENT, sent('1.5')),
  refused('an object for an ID', EVENT, sent('{"id":1}')),
  refused(
    'a number for a String',
    'query ($a: String) { events(after: $a) { nodes { id } } }',
    sent('5'),
  ),
  refused(
    'a text for a Boolean',
    'query ($a: Boolean!) { viewer { id @skip(if: $a) } }',
    sent('"true"'),
  ),
  refused(
    'a number for a Boolean',
    'query ($a: Boolean!) { viewer { id @skip(if: $a) } }',
    sent('1'),
  ),
  valid('an enum as a text', SEATS, sent('{"status":"CONFIRMED"}')),
  refused('an enum in small letters', SEATS, sent('{"status":"confirmed"}')),
  refused('a number for an enum', SEATS, sent('{"status":1}')),
  refused('an unknown input field', SEATS, sent('{"colour":"red"}')),
  refused('a list for an object', SEATS, sent('[]')),
  valid('an object with nothing in it', SEATS, sent('{}')),
  valid('nulls in an object', SEATS, sent('{"status":null,"sections":null,"accessible":null}')),
  valid('one for a list', SEATS, sent('{"sections":"A"}')),
  valid('one ID for a list', NODES, sent('"«hall»"')),
  valid('a list', NODES, sent('["«hall»","gone","«hall:1»","«hall»"]')),
  refused('null in a list', NODES, sent('["«hall»",null]')),
  refused('a list in a list', NODES, sent('[["«hall»"]]')),
  refused('null for a list', NODES, sent('null')),
  refused(
    'a required input field is missing',
    `mutation ($a: ReleaseSeatsInput!) {
    releaseSeats(input: $a) { __typename } }`,
    sent('{"eventId":"«hall»"}'),
  ),
  refused(
    'a required input field is null',
    `mutation ($a: ReleaseSeatsInput!) {
    releaseSeats(input: $a) { __typename } }`,
    sent('{"eventId":"«hall»","seatIds":null}'),
  ),
  valid(
    'a whole input',
    `mutation ($a: ReleaseSeatsInput!) {
    releaseSeats(input: $a) { ... on SeatsNotHeld { seats { seatId reason } } } }`,
    sent('{"seatIds":"«hall:5»","eventId":"«hall»"}'),
  ),
  valid(
    'minor units as 5050.0',
    `mutation ($a: MinorUnits!) { confirmSeats(input: {
    eventId: "«hall»", seatIds: ["«hall:12»"], idempotencyKey: "k",
    expectedTotal: { amountMinor: $a, currency: "EUR" } }) { __typename } }`,
    sent('5050.0'),
  ),
  refused(
    'minor units with a fraction',
    `mutation ($a: MinorUnits!) { confirmSeats(input: {
    eventId: "«hall»", seatIds: ["«hall:12»"], idempotencyKey: "k",
    expectedTotal: { amountMinor: $a, currency: "EUR" } }) { __typename } }`,
    sent('50.5'),
  ),
];

const named = (group, cases) => cases.map((one) => ({ ...one, name: `${group}: ${one.name}` }));

export const variables = [
  ...named('declared', declared),
  ...named('left out', omitted),
  ...named('numbers', numbers),
  ...named('sent', others),
];
