// urql: subscriptions over graphql-ws, and over server-sent events as its fetch exchange does them
// by itself.

import test from 'node:test';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import {
  CHANGES,
  authorization,
  dataOf,
  socketUrl,
  tellTheStory,
  url,
  whileNotStopped,
} from './arena.mjs';

const story = (client) => ({
  query: async (text, variables) => dataOf(await client.query(text, variables).toPromise()),
  mutate: async (text, variables) => dataOf(await client.mutation(text, variables).toPromise()),
  follow: (event, follower) =>
    whileNotStopped((again) => {
      const results = client.subscription(CHANGES, { event, since: follower.since });
      const following = results.subscribe(({ data, error }) => {
        if (error) again();
        else follower.take(data.seatChanges);
      });
      return () => following.unsubscribe();
    }),
});

const options = {
  url,
  preferGetMethod: false,
  requestPolicy: 'network-only',
  fetchOptions: { headers: authorization },
};

test('a query, a mutation, and a subscription that misses nothing', async () => {
  const sockets = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: authorization,
    retryAttempts: 0,
  });
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables }, sink) }),
  });
  const exchanges = [fetchExchange, subscriptionExchange({ forwardSubscription })];
  await tellTheStory(story(new Client({ ...options, exchanges })));
  await sockets.dispose();
});

test('the same with server-sent events', async () => {
  const exchanges = [fetchExchange];
  await tellTheStory(story(new Client({ ...options, exchanges, fetchSubscriptions: true })));
});
