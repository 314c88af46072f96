// What an answer says that it may cost, beside what is in it.

/** Values in an answer: objects, lists, and what has no fields. */
export function values(data) {
  if (typeof data !== 'object' || data === null) return 1;
  return Object.values(data).reduce((sum, value) => sum + values(value), 1);
}

/** Whether a request was refused for what it might cost, a limit that the specification has not. */
export const costsTooMuch = (text) =>
  text !== null && JSON.parse(text).errors?.[0].extensions?.code === 'COST_LIMIT_EXCEEDED';

/** How the cost that was foretold differs from what is there; `null` if that is not more. */
export function costDifference(expected, text) {
  if (expected.refused) return null;
  const { data, extensions } = JSON.parse(text);
  const foretold = extensions?.cost?.nodes;
  if (foretold === undefined) return 'the cost is not told';
  return values(data) <= foretold ? null : 'more values than were foretold';
}
