// graphql-sse, distinct connections mode. It tries again by itself when the stream breaks off; a
// server that says goodbye completes it, and the application subscribes again.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-sse';
import {
  CHANGES,
  authorization,
  dataOf,
  sinceThen,
  tellTheStory,
  url,
  whileNotStopped,
} from './arena.mjs';

const connect = () =>
  createClient({ url, headers: authorization, retryAttempts: Infinity, retry: () => sleep(100) });

test('a query, a mutation, and a subscription that misses nothing', async () => {
  const client = connect();
  const goodbyes = [];
  const once = async (query, variables) => {
    for await (const result of client.iterate({ query, variables })) return dataOf(result);
  };
  await tellTheStory({
    query: once,
    mutate: once,
    follow: (event, follower) =>
      whileNotStopped((again) =>
        client.subscribe(
          { query: CHANGES, variables: sinceThen(event, follower) },
          {
            next: ({ data, errors }) =>
              errors ? goodbyes.push(errors[0].extensions.code) : follower.take(data.seatChanges),
            error: (error) => (follower.failure = error),
            complete: again,
          },
        ),
      ),
  });
  assert.deepEqual(goodbyes, ['UNAVAILABLE'], 'the server that was told to stop said so');
  client.dispose();
});

test('errors of a document are events', async () => {
  const client = connect();
  for (const [query, code] of [
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nope }', 'GRAPHQL_VALIDATION_FAILED'],
  ]) {
    const results = [];
    for await (const result of client.iterate({ query })) results.push(result);
    assert.deepEqual(
      results.map(({ errors }) => errors[0].extensions.code),
      [code],
    );
  }
  client.dispose();
});
