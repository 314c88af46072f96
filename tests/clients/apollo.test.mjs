// Apollo Client: HTTP for queries and mutations, graphql-ws for subscriptions. The application
// subscribes again.

import test from 'node:test';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
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

test('a query, a mutation, and a subscription that misses nothing', async () => {
  const sockets = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: authorization,
    retryAttempts: 0,
  });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    defaultOptions: { query: { fetchPolicy: 'network-only' } },
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(sockets),
      new HttpLink({ uri: url, headers: authorization }),
    ),
  });
  await tellTheStory({
    query: async (text, variables) => dataOf(await client.query({ query: gql(text), variables })),
    mutate: async (text, variables) =>
      dataOf(await client.mutate({ mutation: gql(text), variables })),
    follow: (event, follower) =>
      whileNotStopped((again) => {
        const variables = { event, since: follower.since };
        const following = client
          .subscribe({ query: gql(CHANGES), variables, fetchPolicy: 'no-cache' })
          .subscribe({
            next: ({ data, error }) => (error ? again() : follower.take(data.seatChanges)),
            error: again,
            complete: again,
          });
        return () => following.unsubscribe();
      }),
  });
  client.stop();
  await sockets.dispose();
});
