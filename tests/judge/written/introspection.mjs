// What the schema says of itself.

import { refused, valid } from './cases.mjs';

const TYPE = '{ kind name ofType { kind name ofType { kind name ofType { kind name } } } }';

const described = (name) =>
  valid(
    `${name} describes itself`,
    `{ __type(name: "${name}") { kind name description specifiedByURL
      fields(includeDeprecated: true) { name description isDeprecated deprecationReason
        args { name description type ${TYPE} defaultValue } type ${TYPE} }
      inputFields { name description type ${TYPE} defaultValue }
      interfaces { name }
      enumValues(includeDeprecated: true) { name description isDeprecated } } }`,
  );

export const introspection = [
  ...['Query', 'Mutation', 'Subscription', 'Event', 'Seat', 'Order', 'Viewer', 'Category'].map(
    described,
  ),
  ...['SeatFilter', 'ConfirmSeatsInput', 'SeatStatus', 'Role', 'Revision', 'DateTime'].map(
    described,
  ),
  ...['ReserveSeatsResult', 'Node', 'PageInfo', 'SeatConnection'].map(described),
  valid(
    'what is deprecated is left out unless asked for',
    '{ __type(name: "ConfirmSeatsSuccess") { fields { name } } }',
  ),
  valid(
    'the roots',
    '{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }',
  ),
  valid('the schema describes itself', '{ __schema { description } }'),
  valid(
    'the members of a union',
    '{ __type(name: "ConfirmSeatsResult") { possibleTypes { name } } }',
  ),
  valid('a type that is not there', '{ __type(name: "Nothing") { name } }'),
  valid('beside data', '{ viewer { __typename } __type(name: "Seat") { __typename name } }'),
  valid('merged', '{ __type(name: "Seat") { name } __type(name: "Seat") { kind } }'),
  valid(
    'as many lists within lists as are allowed',
    `{ __type(name: "Query") { fields { type { ofType { fields { name args { name } } } } } } }`,
  ),
  valid(
    'null for a default, where null is not taken: the field fails',
    'query ($name: String = "Seat") { __type(name: $name) { name } viewer { id } }',
    { variables: '{"name":null}' },
  ),
  refused('without its argument', '{ __type { name } }'),
  refused('in a mutation that has no such root', 'mutation { __nope }'),
  refused('an unknown field', '{ __schema { nope } }'),
];
