// Values that nobody can know beforehand: the server's clock, tokens, words for people.
//
// The judge's data has a placeholder in their place. The same placeholder stands for the same value
// throughout an answer.

const MARK = '\u0001';

/** A value of a kind; `which` tells those of one kind apart. */
export const volatile = (kind, which = 0) => `${MARK}${kind}#${which}${MARK}`;

/** Placeholders in JSON. */
export const PLACEHOLDER = /"\\u0001(\w+)#(\w+)\\u0001"/;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** What a value of each kind looks like; `isUnique` where two of them are never the same. */
export const KINDS = {
  text: { fits: (value) => value.length > 0 },
  instant: { fits: (value) => INSTANT.test(value) },
  token: { fits: (value) => value.split('.').length === 3, isUnique: true },
  id: { fits: (value) => value.length > 0, isUnique: true },
};
