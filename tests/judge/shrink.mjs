// A smaller document that is answered as wrongly as the one that was found.

import { Kind, parse, print, visit } from 'graphql';
import { all, lists } from './trees.mjs';

/** Requests that may be spent on one document. */
const MOST_TRIES = 400;

/** Takes away what a document no longer needs: fragments that nothing spreads, unused variables. */
function tidied(document) {
  const copy = structuredClone(document);
  for (let before = -1; before !== copy.definitions.length;) {
    before = copy.definitions.length;
    const spread = new Set(all(copy, Kind.FRAGMENT_SPREAD).map(({ name }) => name.value));
    copy.definitions = copy.definitions.filter(
      ({ kind, name }) => kind !== Kind.FRAGMENT_DEFINITION || spread.has(name.value),
    );
  }
  const uses = new Map();
  visit(copy, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void uses.set(name.value, true),
  });
  for (const operation of all(copy, Kind.OPERATION_DEFINITION)) {
    operation.variableDefinitions = operation.variableDefinitions.filter(({ variable }) =>
      uses.has(variable.name.value),
    );
  }
  return copy;
}

/** What stands in a fragment that is written or spread here. */
function within(document, { name, selectionSet }) {
  const definition = document.definitions.find(
    (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name?.value,
  );
  return structuredClone((selectionSet ?? definition?.selectionSet)?.selections ?? []);
}

/** The document with one thing less, by its number: without it, or without a fragment around it. */
function smaller(document, number) {
  const copy = structuredClone(document);
  let left = number;
  for (const list of lists(copy)) {
    if (left < list.length) {
      list.splice(left, 1);
      return copy;
    }
    left -= list.length;
  }
  for (const { selections } of all(copy, Kind.SELECTION_SET)) {
    for (const [at, selection] of selections.entries()) {
      if (selection.kind === Kind.FIELD) continue;
      if (left === 0) {
        selections.splice(at, 1, ...within(document, selection));
        return copy;
      }
      left -= 1;
    }
  }
  return undefined;
}

/**
 * Makes a request smaller as long as it `isStillWrong`.
 *
 * @param isStillWrong says it of a request, once it was sent
 */
export async function shrink(request, isStillWrong) {
  let [best, document] = [request, parsed(request.query)];
  let tries = 0;
  for (let isSmaller = document !== undefined; isSmaller;) {
    isSmaller = false;
    for (let number = 0; tries < MOST_TRIES;) {
      const candidate = smaller(document, number);
      if (!candidate) break;
      const query = print(tidied(candidate));
      tries += 1;
      if (query.length < print(document).length && (await isStillWrong({ ...best, query }))) {
        [best, document] = [{ ...best, query }, parsed(query)];
        isSmaller = true;
      } else {
        number += 1;
      }
    }
  }
  return best;
}

/** A document; undefined if it is none, and cannot be made smaller by what is in it. */
function parsed(query) {
  try {
    return parse(query);
  } catch {
    return undefined;
  }
}
