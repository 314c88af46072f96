// The judge: what graphql-js answers to a request, over the data set and the checked-in schema.

import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  buildSchema,
  execute,
  getOperationAST,
  getVariableValues,
  parse,
  specifiedRules,
  subscribe,
  validate,
  visit,
} from 'graphql';
import { resolvers } from './resolvers.mjs';
import { scalars } from './scalars.mjs';
import { subscriptions } from './subscriptions.mjs';

/** The schema with what its fields give and its scalars take. */
export function executable(text) {
  const schema = buildSchema(text);
  for (const [type, fields] of Object.entries(resolvers)) {
    const known = schema.getType(type).getFields();
    for (const [name, resolve] of Object.entries(fields)) {
      if (known[name]) known[name].resolve = apart(resolve);
    }
  }
  for (const [name, field] of Object.entries(schema.getSubscriptionType().getFields())) {
    field.subscribe = subscriptions[name];
  }
  for (const [name, scalar] of Object.entries(scalars)) {
    Object.assign(schema.getType(name) ?? {}, scalar);
  }
  return schema;
}

/**
 * What fails does so apart from its neighbours: all of them are looked at, and each failure is
 * noted by its path. Which of several that make one thing null are told is not specified.
 */
const apart = (resolve) => (source, args, context, info) => {
  try {
    return resolve(source, args, context, info);
  } catch (error) {
    context.failed.push(pathOf(info.path));
    return Promise.reject(error);
  }
};

function pathOf(path) {
  const keys = [];
  for (let at = path; at; at = at.prev) keys.unshift(at.key);
  return keys;
}

/** The specification of September 2025 has this rule; graphql-js has it from version 17 on. */
function NoConditionsAtSubscriptionRootsRule(context) {
  const look = (selections, seen) => {
    for (const selection of selections) {
      const condition = selection.directives.find(({ name }) =>
        ['skip', 'include'].includes(name.value),
      );
      if (condition) {
        const message = 'A subscription must not use @skip or @include at its root.';
        context.reportError(new GraphQLError(message, { nodes: condition }));
      }
      const fragment =
        selection.kind === 'FragmentSpread' ? context.getFragment(selection.name.value) : selection;
      if (fragment && fragment.kind !== 'Field' && !seen.includes(fragment)) {
        look(fragment.selectionSet.selections, [...seen, fragment]);
      }
    }
  };
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (operation === OperationTypeNode.SUBSCRIPTION) look(selectionSet.selections, []);
    },
  };
}

/** A depth of introspection is a limit, which is not the specification's. */
const RULES = specifiedRules.filter(({ name }) => name !== 'MaxIntrospectionDepthRule');

/**
 * Whether a variable is null that decides on a selection, which only one with a default can be. The
 * specification does not say what is to be answered: graphql-js has the field around it fail, and
 * the server refuses the request.
 */
function isUndecided(schema, document, operation, given) {
  const fragments = Object.fromEntries(
    document.definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]),
  );
  const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions, given ?? {});
  const spread = new Set([operation]);
  let isNull = false;
  for (const part of spread) {
    visit(part, {
      VariableDefinition: () => false,
      FragmentSpread: ({ name }) => void spread.add(fragments[name.value]),
      Directive({ arguments: [{ value }] }) {
        isNull ||= value.kind === Kind.VARIABLE && coerced[value.name.value] === null;
      },
    });
  }
  return isNull;
}

/** Whether variables are given that are not declared: the specification passes over them. */
function isMoreThanDeclared(operation, given) {
  const declared = operation.variableDefinitions.map(({ variable }) => variable.name.value);
  return Object.keys(given ?? {}).some((name) => !declared.includes(name));
}

const isFragment = ({ kind }) => kind === Kind.FRAGMENT_DEFINITION;

/** What is wrong with a document. graphql-js's own rules trip over what ours refuses. */
function faultsOf(schema, document, rules = RULES) {
  const faults = validate(schema, document, [NoConditionsAtSubscriptionRootsRule]);
  return faults.length > 0 ? faults : validate(schema, document, rules);
}

/** The rule that a document breaks, by its name in graphql-js. */
export function ruleBrokenBy(schema, query) {
  try {
    const document = parse(query);
    return RULES.find((rule) => faultsOf(schema, document, [rule]).length > 0)?.name ?? 'request';
  } catch {
    return 'syntax';
  }
}

/**
 * What is to be answered to a request: `{ refused: why }`, or `data` as JSON, the paths of its
 * `errors`, and every path that `mayFail`. `isLeftOut` says that it is not to be asked: it would
 * change a world that others share, or its answer cannot be foretold.
 */
export async function judge(schema, request, world) {
  let document;
  try {
    document = parse(request.query);
  } catch (error) {
    return { refused: error.message };
  }
  const [fault] = faultsOf(schema, document);
  if (fault) return { refused: fault.message };
  const contextValue = { world, failed: [], isLeftOut: false };
  const variableValues = request.variables === undefined ? {} : JSON.parse(request.variables);
  const { operationName } = request;
  const operation = getOperationAST(document, operationName);
  if (operation && isMoreThanDeclared(operation, variableValues)) {
    return { refused: 'a variable is given that is not declared' };
  }
  if (operation && isUndecided(schema, document, operation, variableValues)) {
    return { refused: 'a variable is null that decides on a selection' };
  }
  const args = { schema, document, variableValues, operationName, contextValue };
  const result = await (operation?.operation === 'subscription' ? first(args) : execute(args));
  const errors = (result.errors ?? []).map(({ path }) => path);
  const { isLeftOut } = contextValue;
  if (result.data === undefined) return { refused: result.errors[0].message, isLeftOut };
  return {
    data: JSON.stringify(result.data),
    errors,
    mayFail: [...contextValue.failed, ...errors],
    isLeftOut,
  };
}

/** The first thing that a subscription says. */
async function first(args) {
  const stream = await subscribe(args);
  return Symbol.asyncIterator in stream ? (await stream.next()).value : stream;
}
