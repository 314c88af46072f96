// Trees of documents, as those look at them who change them in place.

import { Kind, visit } from 'graphql';

/** Every node of a kind. */
export function all(document, kind) {
  const found = [];
  visit(document, { [kind]: (node) => void found.push(node) });
  return found;
}

/** Every list of nodes in a document: of definitions, selections, arguments and so on. */
export function lists(document) {
  const found = [];
  visit(document, {
    enter(node) {
      for (const value of Object.values(node)) {
        if (Array.isArray(value) && value.length > 0) found.push(value);
      }
    },
  });
  return found;
}

export const nameNode = (value) => ({ kind: Kind.NAME, value });

export const field = (name, more = {}) => ({
  kind: Kind.FIELD,
  name: nameNode(name),
  arguments: [],
  directives: [],
  ...more,
});

export const spread = (name) => ({
  kind: Kind.FRAGMENT_SPREAD,
  name: nameNode(name),
  directives: [],
});

export const setOf = (...selections) => ({ kind: Kind.SELECTION_SET, selections });

export const directive = (name, ...args) => ({
  kind: Kind.DIRECTIVE,
  name: nameNode(name),
  arguments: args,
});

export const argument = (name, value) => ({ kind: Kind.ARGUMENT, name: nameNode(name), value });

export const typeNode = (name) => ({ kind: Kind.NAMED_TYPE, name: nameNode(name) });

export const variableNode = (name) => ({ kind: Kind.VARIABLE, name: nameNode(name) });
