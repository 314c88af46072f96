// subscriptions-transport-ws, the client of older Apollo applications, which calls its protocol
// `graphql-ws`.

import test from 'node:test';
import { SubscriptionClient } from 'subscriptions-transport-ws';
import WebSocket from 'ws';
import { CHANGES, authorization, dataOf, sinceThen, socketUrl, tellTheStory } from './arena.mjs';

test('a query, a mutation, and a subscription that misses nothing', async () => {
  const options = { connectionParams: authorization, reconnect: true };
  const client = new SubscriptionClient(socketUrl, options, WebSocket);
  const once = (query, variables) =>
    new Promise((resolve, reject) => {
      client
        .request({ query, variables })
        .subscribe({ next: (result) => resolve(dataOf(result)), error: reject });
    });
  await tellTheStory({
    query: once,
    mutate: once,
    follow: (event, follower) => {
      const request = client.request({ query: CHANGES, variables: sinceThen(event, follower) });
      const following = request.subscribe({
        next: (result) => follower.take(dataOf(result).seatChanges),
        error: (error) => (follower.failure = error),
      });
      return () => following.unsubscribe();
    },
  });
  client.close();
});
