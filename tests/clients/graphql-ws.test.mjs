// graphql-ws, which reconnects by itself and sends the operation again: with the revision it
// has by then.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { CHANGES, authorization, dataOf, sinceThen, socketUrl, tellTheStory } from './arena.mjs';

const connect = (options) =>
  createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: authorization,
    retryAttempts: Infinity,
    retryWait: () => sleep(100),
    // Over TCP that is cut off, and while nobody listens.
    shouldRetry: () => true,
    ...options,
  });

test('a query, a mutation, and a subscription that misses nothing', async () => {
  const client = connect();
  const once = async (query, variables) => {
    for await (const result of client.iterate({ query, variables })) return dataOf(result);
  };
  await tellTheStory({
    query: once,
    mutate: once,
    follow: (event, follower) =>
      client.subscribe(
        { query: CHANGES, variables: sinceThen(event, follower) },
        {
          next: (result) => follower.take(dataOf(result).seatChanges),
          error: (e) => (follower.failure = e),
          complete() {},
        },
      ),
  });
  await client.dispose();
});

test('what a client may do wrong ends with the code that its protocol has for it', async () => {
  const closed = (options) =>
    new Promise((resolve) => {
      connect({
        retryAttempts: 0,
        lazy: false,
        onNonLazyError() {},
        on: { closed: resolve },
        ...options,
      });
    });
  const { code, reason } = await closed({ connectionParams: { Authorization: 'Bearer nonsense' } });
  assert.equal(code, 4403, reason);
  class Silent extends WebSocket {
    send() {}
  }
  assert.equal((await closed({ webSocketImpl: Silent })).code, 4408);
});

test('errors of a document are errors of the subscription', async () => {
  const client = connect();
  const error = await new Promise((error, failed) => {
    client.subscribe({ query: '{ nope }' }, { next: failed, error, complete: failed });
  });
  assert.equal(error[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  await client.dispose();
});
