// What the drawn documents have in them: a judge of nothing but the simple would say little.

import { Kind, parse, visit } from 'graphql';
import { madeNull } from './compare.mjs';

const CONDITIONS = ['skip', 'include'];

/** What a valid document has in it that matters. */
function inDocument(schema, query) {
  const found = new Set();
  const document = parse(query);
  visit(document, {
    InlineFragment({ typeCondition }) {
      const type = typeCondition && schema.getType(typeCondition.name.value);
      found.add(`a fragment on ${type?.astNode?.kind ?? 'no type'}`);
    },
    FragmentSpread: () => void found.add('a fragment by its name'),
    Field({ alias }) {
      if (alias) found.add('an alias');
    },
    SelectionSet({ selections }) {
      const keys = selections.map(
        ({ kind, name, alias }) => kind === Kind.FIELD && (alias ?? name),
      );
      const texts = keys.filter(Boolean).map(({ value }) => value);
      if (new Set(texts).size < texts.length) found.add('a field twice');
    },
    Directive({ name, arguments: [argument] }) {
      if (CONDITIONS.includes(name.value)) found.add(`${name.value} by ${argument.value.kind}`);
    },
    ListValue: () => void found.add('a list'),
    ObjectValue: () => void found.add('an object'),
    OperationDefinition({ operation }) {
      found.add(`a ${operation}`);
    },
  });
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operations.length > 1) found.add('several operations');
  return found;
}

/** What an answer has in it that matters. */
function inAnswer({ data, errors }) {
  const found = new Set();
  if (data.includes('{}')) found.add('an empty object');
  if (data.includes('null')) found.add('a null');
  const values = JSON.parse(data);
  for (const path of errors) {
    const goesUp = madeNull(values, path) !== JSON.stringify(path);
    found.add(goesUp ? 'an error that takes more along' : 'an error');
    if (path.some(Number.isInteger)) found.add('an error in a list');
  }
  return found;
}

/** How many of the cases have each thing in them. */
export function coverage(schema, outcomes) {
  const counts = {};
  const count = (thing) => (counts[thing] = (counts[thing] ?? 0) + 1);
  for (const { request, expected } of outcomes) {
    if (expected.refused) {
      count('a refusal');
    } else {
      inDocument(schema, request.query).forEach(count);
      inAnswer(expected).forEach(count);
    }
  }
  return counts;
}

/** What has to be there. */
export const NEEDED = [
  ...['a query', 'a mutation', 'a subscription', 'several operations', 'a refusal', 'a null'],
  ...['a fragment on InterfaceTypeDefinition', 'a fragment on UnionTypeDefinition'],
  ...['a fragment on ObjectTypeDefinition', 'a fragment on no type', 'a fragment by its name'],
  ...['an alias', 'a field twice', 'an empty object', 'a list', 'an object'],
  ...['skip by BooleanValue', 'skip by Variable', 'include by BooleanValue', 'include by Variable'],
  ...['an error', 'an error that takes more along', 'an error in a list'],
];
