// Ways to break a document. Each changes it in place, if it has what it takes; then the judge says
// whether it is broken indeed.

import { Kind } from 'graphql';
import {
  all,
  argument,
  directive,
  field,
  nameNode,
  setOf,
  spread,
  typeNode,
  variableNode,
} from './trees.mjs';

const STRING = { kind: Kind.STRING, value: 'text' };
const INT = { kind: Kind.INT, value: '3' };
const FLOAT = { kind: Kind.FLOAT, value: '1.0' };
const TRUE = { kind: Kind.BOOLEAN, value: true };
const NULL = { kind: Kind.NULL };
const ENUM = { kind: Kind.ENUM, value: 'AVAILABLE' };
const LIST = { kind: Kind.LIST, values: [NULL] };
const OBJECT = { kind: Kind.OBJECT, fields: [] };
const VALUES = [STRING, INT, FLOAT, TRUE, NULL, ENUM, LIST, OBJECT, variableNode('undefined')];

const isLeaf = (node) => !node.selectionSet;

const inSelections = (change) => (document, random) => {
  const sets = all(document, Kind.SELECTION_SET);
  return change(random.one(sets).selections, random, document);
};

/** Something new is selected somewhere. */
const select = (...made) =>
  inSelections((selections, random) => {
    selections.splice(random.below(selections.length + 1), 0, ...made.map((make) => make()));
  });

const on = (kind, change) => (document, random) => {
  const nodes = all(document, kind).filter(({ kind }) => kind);
  if (nodes.length > 0) change(random.one(nodes), random, document);
};

const define =
  (...definitions) =>
  (document) =>
    void document.definitions.push(...definitions);

const fragment = (name, type, ...selections) => ({
  kind: Kind.FRAGMENT_DEFINITION,
  name: nameNode(name),
  typeCondition: typeNode(type),
  directives: [],
  selectionSet: setOf(...selections),
});

const operation = (name) => ({
  kind: Kind.OPERATION_DEFINITION,
  operation: 'query',
  name: name && nameNode(name),
  variableDefinitions: [],
  directives: [],
  selectionSet: setOf(field('__typename')),
});

const repeat = (list, random) => {
  if (list?.length > 0) list.push(structuredClone(random.one(list)));
};

const addDirective = (kind, ...made) =>
  on(kind, (node) => void (node.directives = [...(node.directives ?? []), ...made]));

const fields = {
  'an unknown field': select(() => field('nope')),
  'a field of another type': select(() => field('slug')),
  'a leaf with selections': on(Kind.FIELD, (node) => {
    if (isLeaf(node)) node.selectionSet = setOf(field('__typename'));
  }),
  'a composite without': on(Kind.FIELD, (node) => void delete node.selectionSet),
  'a name for two fields': inSelections((selections, random) => {
    // Not the name of the type: graphql-js does not see what its type is.
    const leaves = selections.filter(
      (node) => node.kind === Kind.FIELD && isLeaf(node) && node.name?.value !== '__typename',
    );
    const [one, other] = random.some(leaves, 2);
    if (other) other.alias = nameNode((one.alias ?? one.name).value);
  }),
  'a field twice, with other arguments': inSelections((selections, random) => {
    const fields = selections.filter((node) => node.kind === Kind.FIELD);
    if (fields.length === 0) return;
    const copy = structuredClone(random.one(fields));
    if (random.percent(50)) copy.arguments.pop();
    else copy.arguments.forEach((argument) => (argument.value = random.one(VALUES)));
    selections.push(copy);
  }),
  'another root': on(Kind.OPERATION_DEFINITION, (node, random) => {
    node.operation = random.one(['query', 'mutation', 'subscription']);
  }),
  'two roots': on(Kind.OPERATION_DEFINITION, ({ selectionSet: { selections } }) => {
    selections.push(field(selections[0].name?.value ?? 'id', { alias: nameNode('again') }));
  }),
};

const fragments = {
  'a fragment that nothing spreads': define(fragment('Unused', 'Seat', field('id'))),
  'a fragment that is not there': select(() => spread('Missing')),
  'a fragment of a leaf': select(() => ({
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: typeNode('SeatStatus'),
    selectionSet: setOf(field('__typename')),
  })),
  'a fragment of an unknown type': select(() => ({
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: typeNode('Nothing'),
    selectionSet: setOf(field('__typename')),
  })),
  'a fragment that cannot apply': select(() => ({
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: typeNode('PageInfo'),
    selectionSet: setOf(field('__typename')),
  })),
  'a fragment within itself': on(Kind.FRAGMENT_DEFINITION, (node, random, document) => {
    const others = all(document, Kind.FRAGMENT_DEFINITION);
    node.selectionSet.selections.push(spread(random.one([node, ...others]).name.value));
  }),
  'two fragments of one name': (document, random) => {
    repeat(all(document, Kind.FRAGMENT_DEFINITION).slice(0, 0), random);
    const known = all(document, Kind.FRAGMENT_DEFINITION);
    if (known.length > 0) document.definitions.push(structuredClone(random.one(known)));
  },
  'two operations of one name': define(operation('Twin'), operation('Twin')),
  'one without a name among others': define(operation(undefined)),
  'a definition of a type': define({
    kind: Kind.SCALAR_TYPE_DEFINITION,
    name: nameNode('Thing'),
    directives: [],
  }),
};

const values = {
  'another value': on(Kind.ARGUMENT, (node, random) => void (node.value = random.one(VALUES))),
  'another value within': on(Kind.OBJECT_FIELD, (node, random) => {
    node.value = random.one(VALUES);
  }),
  'another item of a list': on(
    Kind.LIST,
    (node, random) => void node.values.push(random.one(VALUES)),
  ),
  'an argument twice': on(Kind.FIELD, (node, random) => repeat(node.arguments, random)),
  'an input field twice': on(Kind.OBJECT, (node, random) => repeat(node.fields, random)),
  'an unknown argument': on(Kind.FIELD, (node) => void node.arguments.push(argument('nope', INT))),
  'an unknown input field': on(Kind.OBJECT, (node) => {
    node.fields.push({ kind: Kind.OBJECT_FIELD, name: nameNode('nope'), value: INT });
  }),
  'an argument too few': on(Kind.FIELD, (node) => void node.arguments.pop()),
  'an input field too few': on(Kind.OBJECT, (node) => void node.fields.pop()),
  'an enum as text': on(Kind.ENUM, (node) => void Object.assign(node, { kind: Kind.STRING })),
};

const TYPES = ['ID', 'Int', 'String', 'Boolean', 'SeatFilter', 'SeatStatus', 'Seat', 'Nothing'];

const variables = {
  'a variable of another type': on(Kind.VARIABLE_DEFINITION, (node, random) => {
    node.type = typeNode(random.one(TYPES));
  }),
  'a variable that may be null': on(Kind.VARIABLE_DEFINITION, (node) => {
    if (node.type.kind === Kind.NON_NULL_TYPE) node.type = node.type.type;
    else node.type = { kind: Kind.NON_NULL_TYPE, type: node.type };
  }),
  'a list for one': on(Kind.VARIABLE_DEFINITION, (node) => {
    node.type = { kind: Kind.LIST_TYPE, type: node.type };
  }),
  'a variable that nothing uses': on(Kind.OPERATION_DEFINITION, (node, random) => {
    node.variableDefinitions.push({
      kind: Kind.VARIABLE_DEFINITION,
      variable: variableNode('unused'),
      type: typeNode(random.one(TYPES)),
    });
  }),
  'a variable that is not defined': on(Kind.OPERATION_DEFINITION, (node) => {
    node.variableDefinitions.pop();
  }),
  'a variable twice': on(Kind.OPERATION_DEFINITION, (node, random) =>
    repeat(node.variableDefinitions, random),
  ),
  'another default value': on(Kind.VARIABLE_DEFINITION, (node, random) => {
    node.defaultValue = random.one(VALUES.slice(0, -1));
  }),
};

const directives = {
  'an unknown directive': addDirective(Kind.FIELD, directive('nope')),
  'a directive without its argument': addDirective(Kind.FIELD, directive('skip')),
  'a directive with another': addDirective(Kind.FIELD, directive('skip', argument('when', TRUE))),
  'a directive with a text': addDirective(Kind.FIELD, directive('include', argument('if', STRING))),
  'a directive twice': addDirective(
    Kind.FIELD,
    directive('skip', argument('if', TRUE)),
    directive('skip', argument('if', TRUE)),
  ),
  'a directive in the wrong place': addDirective(
    Kind.OPERATION_DEFINITION,
    directive('skip', argument('if', TRUE)),
  ),
  "a schema's directive": addDirective(Kind.FIELD, directive('deprecated')),
  'a condition at the root': on(Kind.OPERATION_DEFINITION, ({ selectionSet: { selections } }) => {
    selections[0].directives = [directive('include', argument('if', TRUE))];
  }),
};

export const wrecks = { ...fields, ...fragments, ...values, ...variables, ...directives };

/** Ways to break a text. */
export const textWrecks = {
  'a character too few': (text, random) => {
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(at + 1);
  },
  'something put in': (text, random) => {
    const at = random.below(text.length + 1);
    const stray = random.one([
      ...'{}()[]:$@!=|&"\\#.,',
      '...',
      ' on ',
      '1',
      '-',
      '\u{feff}',
      '\u{0}',
    ]);
    return text.slice(0, at) + stray + text.slice(at);
  },
};

/** Ways to break what is sent along. */
export const variableWrecks = {
  'another value': (json, random) =>
    change(json, random, (values, name) => {
      const others = [null, 'text', 1.5, 7, true, [], {}, [null], { nope: 1 }, 2 ** 40];
      values[name] = random.one(others);
    }),
  'a value too few': (json, random) => change(json, random, (values, name) => delete values[name]),
};

function change(json, random, act) {
  const values = JSON.parse(json ?? '{}');
  const name = random.one(Object.keys(values));
  if (name === undefined) return json;
  act(values, name);
  return JSON.stringify(values);
}
