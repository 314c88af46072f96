// The server under test, and who asks it. The environment comes from tests/arena/judge.rs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';

const { ARENA_URL, ARENA_SCHEMA, ARENA_TOKEN, ARENA_OTHER_TOKEN, ARENA_ADMIN_TOKEN } = process.env;

/** The schema as it is checked in. */
export const schemaText = readFileSync(ARENA_SCHEMA, 'utf8');

/** Two buyers, one who may see every order, and one without a token. */
const TOKENS = {
  alice: ARENA_TOKEN,
  bob: ARENA_OTHER_TOKEN,
  root: ARENA_ADMIN_TOKEN,
  nobody: null,
};
export const BUYERS = ['alice', 'bob'];
export const EVERYBODY = Object.keys(TOKENS);

/**
 * Requests under way at a time: enough to keep the server busy. Each may ask the database for
 * several things at once, and other tests run beside these: so they are few.
 */
export const IN_FLIGHT = 6;

const agent = new http.Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
const RESPONSE = 'application/graphql-response+json';

/**
 * The body of a request, which asks what it costs as well. Variables are JSON already: 1 and 1.0
 * are not the same text.
 */
function bodyOf({ query, operationName, variables }) {
  const parts = [`"query":${JSON.stringify(query)}`, '"extensions":{"cost":true}'];
  if (operationName !== undefined) parts.push(`"operationName":${JSON.stringify(operationName)}`);
  if (variables !== undefined) parts.push(`"variables":${variables}`);
  return `{${parts.join(',')}}`;
}

function send(request, accept, options, take) {
  const token = TOKENS[request.who ?? 'nobody'];
  const headers = { 'content-type': 'application/json', accept };
  if (token) headers.authorization = `Bearer ${token}`;
  return new Promise((resolve, reject) => {
    const post = http.request(ARENA_URL, { method: 'POST', headers, ...options }, (response) => {
      response.setEncoding('utf8');
      response.on('error', reject);
      take(response, resolve, post);
    });
    post.on('error', reject);
    post.end(bodyOf(request));
  });
}

/** What the server answers, as text. */
export const answerTo = (request) =>
  send(request, RESPONSE, { agent }, (response, resolve) => {
    let text = '';
    response.on('data', (chunk) => (text += chunk));
    response.on('end', () => resolve(text));
  });

/** The first thing that a subscription says, as text; `null` if it ends without a word. */
export const firstWordOf = (request) =>
  send(request, `text/event-stream, ${RESPONSE}`, { agent: false }, (response, resolve, post) => {
    const isStream = response.headers['content-type'].startsWith('text/event-stream');
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
      const next = isStream && text.includes('\n\n') && eventIn(text);
      if (next) {
        resolve(next);
        post.destroy();
      }
    });
    response.on('end', () => resolve(isStream ? eventIn(text) : text));
  });

/** The data of the first whole event called `next`; `null` if there is none yet. */
function eventIn(text) {
  const whole = text.split('\n\n').slice(0, -1);
  const lines = whole.map((event) => event.split('\n'));
  const next = lines.find((event) => event.includes('event: next'));
  const data = next?.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
  return data ? data.join('\n') : null;
}

const dataOf = (request, text) => {
  const { data, errors } = JSON.parse(text);
  assert.equal(errors, undefined, `${request.query}: ${text}`);
  return data;
};

/** The data of a plain request. */
export async function ask(who, query, variables = {}) {
  const request = { who, query, variables: JSON.stringify(variables) };
  return dataOf(request, await answerTo(request));
}

/** The data that a plain subscription begins with. */
export async function listen(who, query, variables = {}) {
  const request = { who, query, variables: JSON.stringify(variables) };
  return dataOf(request, await firstWordOf(request));
}

/** Does something with each of many, several at a time; gives what came of it, in order. */
export async function forEach(things, act) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < things.length) {
      const index = next;
      next += 1;
      results[index] = await act(things[index], index);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return results;
}
