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

/** Every document that has one thing less, those first that have much less. */
function* smaller(document) {
  const count = lists(document).length;
  for (let list = 0; list < count; list += 1) {
    for (let item = 0; item < lists(document)[list].length; item += 1) {
      const copy = structuredClone(document);
      lists(copy)[list].splice(item, 1);
      yield copy;
    }
  }
  // What is in a fragment could stand without it.
  for (let index = 0; index < all(document, Kind.SELECTION_SET).length; index += 1) {
    const { selections } = all(document, Kind.SELECTION_SET)[index];
    for (const [at, { kind, name, selectionSet }] of selections.entries()) {
      if (kind === Kind.FIELD) continue;
      const copy = structuredClone(document);
      const definition = document.definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name?.value,
      );
      const inner = (selectionSet ?? definition?.selectionSet)?.selections ?? [];
      all(copy, Kind.SELECTION_SET)[index].selections.splice(at, 1, ...structuredClone(inner));
      yield copy;
    }
  }
}

/**
 * Makes a request smaller as long as it `isStillWrong`.
 *
 * @param isStillWrong says it of a request, once it was sent
 */
export async function shrink(request, isStillWrong) {
  let tries = 0;
  let best = request;
  for (let goesOn = true; goesOn;) {
    goesOn = false;
    let document;
    try {
      document = parse(best.query);
    } catch {
      return best;
    }
    for (const candidate of smaller(document)) {
      const query = print(tidied(candidate));
      if (query.length >= print(document).length) continue;
      tries += 1;
      if (tries > MOST_TRIES) return best;
      if (!(await isStillWrong({ ...best, query }))) continue;
      best = { ...best, query };
      goesOn = true;
      break;
    }
  }
  return best;
}
