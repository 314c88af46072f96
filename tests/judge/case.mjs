// One request, before the judge and before the server.

import { getOperationAST, parse } from 'graphql';
import { answerTo, firstWordOf } from './arena.mjs';
import { difference } from './compare.mjs';
import { costDifference, costsTooMuch } from './cost.mjs';
import { judge, ruleBrokenBy } from './judge.mjs';

/** Whether a request is for a subscription, which is answered as a stream. */
function isSubscription({ query, operationName }) {
  try {
    const operations = parse(query).definitions.filter(
      ({ kind }) => kind === 'OperationDefinition',
    );
    const chosen = getOperationAST(parse(query), operationName) ?? operations[0];
    return chosen?.operation === 'subscription';
  } catch {
    return /\bsubscription\b/.test(query);
  }
}

/**
 * What is to be answered, what is answered, and how they differ if they do. What is to
 * be left out is not asked; what costs too much is left out as well.
 */
export async function tryOut(schema, request, world) {
  const expected = await judge(schema, request, world);
  if (expected.isLeftOut) return { request, expected, answer: null, differs: null };
  const answer = await (isSubscription(request) ? firstWordOf(request) : answerTo(request));
  let differs;
  try {
    if (!expected.refused && costsTooMuch(answer)) {
      return { request, expected: { ...expected, isLeftOut: true }, answer, differs: null };
    }
    differs = difference(expected, answer) ?? costDifference(expected, answer);
  } catch (error) {
    differs = `not an answer: ${error.message}`;
  }
  return { request, expected, answer, differs };
}

/** What kind of fault it is: what differs, and the rule if one was broken. */
export function kindOf(schema, { request, expected, answer, differs }) {
  if (differs?.startsWith('refused,')) {
    const [{ message }] = JSON.parse(answer).errors;
    return `${differs}: ${message.replace(/"[^"]*"|`[^`]*`/g, '…').slice(0, 90)}`;
  }
  return expected.refused ? `${differs} (${ruleBrokenBy(schema, request.query)})` : differs;
}

/** As much of a text as a person would read. */
const short = (text) => (text?.length > 3000 ? `${text.slice(0, 3000)} …` : text);

/** A case that failed, for a person. */
export function told({ request, expected, answer, differs }) {
  const { who, query, operationName, variables } = request;
  const lines = [
    differs,
    `  asked by ${who}${operationName === undefined ? '' : `, operation ${operationName}`}:`,
    ...query.split('\n').map((line) => `    ${line}`),
  ];
  if (variables !== undefined) lines.push(`  variables: ${short(variables)}`);
  const { refused, data, errors } = expected;
  const wanted = refused ?? `${short(data)}, errors at ${JSON.stringify(errors)}`;
  lines.push(`  expected: ${wanted}`);
  lines.push(`  answered: ${short(answer)}`);
  return lines.join('\n');
}
