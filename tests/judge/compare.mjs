// Whether an answer is what was to be answered.

import { KINDS, PLACEHOLDER } from './volatile.mjs';

/** The members of a JSON object as they are written, by their names; JSON must be right. */
export function membersOf(text) {
  JSON.parse(text);
  const members = new Map();
  let at = text.indexOf('{') + 1;
  const space = () => (at += /^\s*/.exec(text.slice(at))[0].length);
  for (space(); text[at] !== '}'; space()) {
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    const nameEnd = endOf(text, at);
    const name = JSON.parse(text.slice(at, nameEnd));
    at = nameEnd;
    space();
    at += 1;
    space();
    const valueEnd = endOf(text, at);
    if (members.has(name)) throw new Error(`the member ${name} comes twice`);
    members.set(name, text.slice(at, valueEnd));
    at = valueEnd;
  }
  return members;
}

/** Where the JSON value that begins here ends. */
function endOf(text, start) {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
      if (depth === 0) return at + 1;
    } else if ('{['.includes(character)) {
      depth += 1;
    } else if ('}]'.includes(character)) {
      depth -= 1;
      if (depth === 0) return at + 1;
      if (depth < 0) return at;
    } else if (depth === 0 && (character === ',' || /\s/.test(character))) {
      return at;
    }
  }
  return text.length;
}

/** Whether a text is what is expected, where placeholders stand for values of their kind. */
export function isSameText(expected, text) {
  const parts = expected.split(PLACEHOLDER);
  const values = new Map();
  let at = 0;
  for (let index = 0; index < parts.length; index += 3) {
    const [literal, kind, which] = parts.slice(index, index + 3);
    if (!text.startsWith(literal, at)) return false;
    at += literal.length;
    if (kind === undefined) continue;
    if (text[at] !== '"') return false;
    const end = endOf(text, at);
    const value = JSON.parse(text.slice(at, end));
    at = end;
    const name = `${kind}#${which}`;
    if (!KINDS[kind].fits(value) || (values.get(name) ?? value) !== value) return false;
    values.set(name, value);
  }
  const unique = [...values].filter(([name]) => KINDS[name.split('#')[0]].isUnique);
  return at === text.length && new Set(unique.map(([, value]) => value)).size === unique.length;
}

/** What an error has made null: the shortest beginning of its path that leads to null. */
export function madeNull(data, path) {
  let at = data;
  for (const [index, key] of path.entries()) {
    if (at === null || at === undefined) return JSON.stringify(path.slice(0, index));
    at = at[key];
  }
  return JSON.stringify(path);
}

const setOf = (things) => JSON.stringify([...new Set(things)].sort());

/**
 * How an answer differs from what was to be answered, in a few words; `null` if it does not.
 *
 * Where several errors make the same thing null, it is enough that some of them are told, and none
 * that cannot be.
 */
export function difference(expected, text) {
  if (text === null) return 'nothing is answered';
  const members = membersOf(text);
  const errors = JSON.parse(members.get('errors') ?? '[]');
  if (expected.refused) {
    if (members.has('data')) return 'executed, though it is to be refused';
    return errors.length > 0 ? null : 'refused without an error';
  }
  if (!members.has('data')) return 'refused, though it is to be executed';
  if (!isSameText(expected.data, members.get('data'))) {
    return dataDifference(JSON.parse(expected.data), JSON.parse(members.get('data')));
  }
  const data = JSON.parse(expected.data);
  const paths = errors.map(({ path }) => path ?? []);
  const nulls = (of) => setOf(of.map((path) => madeNull(data, path)));
  const possible = new Set(expected.mayFail.map((path) => JSON.stringify(path)));
  const isKnown = paths.every((path) => possible.has(JSON.stringify(path)));
  if (members.has('errors') && errors.length === 0) return 'an empty list of errors';
  return isKnown && nulls(paths) === nulls(expected.errors) ? null : 'other paths of errors';
}

/** In what two answers differ first. */
function dataDifference(expected, actual) {
  const differs = (a, b) => JSON.stringify(a) !== JSON.stringify(b);
  const isObject = (value) => typeof value === 'object' && value !== null;
  if (!isObject(expected) || !isObject(actual)) {
    const kind = (value) => (value === null ? 'null' : isObject(value) ? 'an object' : 'a value');
    return `${kind(actual)} in place of ${kind(expected)}`;
  }
  const keys = [expected, actual].map((object) => Object.keys(object));
  const missing = keys[0].find((key) => !(key in actual));
  if (missing !== undefined) return 'a key is missing';
  if (keys[1].some((key) => !(key in expected))) return 'a key too many';
  if (!Array.isArray(expected) && differs(...keys)) return 'another order of keys';
  const inner = keys[0]
    .filter((key) => differs(expected[key], actual[key]) && !isPlaceholder(expected[key]))
    .map((key) => dataDifference(expected[key], actual[key]));
  return inner.find((one) => one !== UNSEEN) ?? UNSEEN;
}

const UNSEEN = 'another way to write the same, or other values that cannot be foretold';

const isPlaceholder = (value) =>
  typeof value === 'string' && PLACEHOLDER.test(JSON.stringify(value));
