// Automatic persisted queries: clients that begin with a hash alone fall back to whole documents.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as apollo4 from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import apollo3 from 'apollo-client-3/core/core.cjs';
import persistedQueries3 from 'apollo-client-3/link/persisted-queries/persisted-queries.cjs';
import { sha256 } from 'crypto-hash';
import { MAP, RESERVE, authorization, dataOf, newEvent, url } from './arena.mjs';

/** What goes over the wire: whether each request had its document. */
function recorded() {
  const sent = [];
  const record = (input, init) => {
    const body = init.body ? JSON.parse(init.body) : {};
    const parameters = new URL(input).searchParams;
    sent.push('query' in body || parameters.has('query'));
    return fetch(input, init);
  };
  return { sent, record };
}

async function ask({ query, mutate }, sent) {
  const { id: event, seats } = await newEvent();
  for (let round = 0; round < 2; round += 1) {
    assert.equal((await query(MAP, { event })).seatMap.revision, 0);
  }
  const { reserveSeats } = await mutate(RESERVE, { event, seats: seats.slice(0, 1) });
  assert.equal(reserveSeats.revision, 1);
  assert.equal(sent[0], false, 'the first request has the hash alone');
  assert.ok(sent.slice(1).every(Boolean), 'told so once, it sends documents');
}

for (const [name, apollo, link] of [
  ['Apollo 4', apollo4, (options) => new PersistedQueryLink(options)],
  ['Apollo 3', apollo3, persistedQueries3.createPersistedQueryLink],
]) {
  for (const useGETForHashedQueries of [false, true]) {
    test(`${name}, hashes by ${useGETForHashedQueries ? 'GET' : 'POST'}`, async () => {
      const { sent, record } = recorded();
      const http = new apollo.HttpLink({ uri: url, headers: authorization, fetch: record });
      const client = new apollo.ApolloClient({
        cache: new apollo.InMemoryCache(),
        defaultOptions: { query: { fetchPolicy: 'network-only' } },
        link: apollo.ApolloLink.from([link({ sha256, useGETForHashedQueries }), http]),
      });
      const { gql } = apollo;
      await ask(
        {
          query: async (text, variables) =>
            dataOf(await client.query({ query: gql(text), variables })),
          mutate: async (text, variables) =>
            dataOf(await client.mutate({ mutation: gql(text), variables })),
        },
        sent,
      );
      client.stop();
    });
  }
}

for (const preferGetForPersistedQueries of [false, true]) {
  test(`urql, hashes by ${preferGetForPersistedQueries ? 'GET' : 'POST'}`, async () => {
    const { sent, record } = recorded();
    const client = new Client({
      url,
      preferGetMethod: false,
      requestPolicy: 'network-only',
      fetch: record,
      fetchOptions: { headers: authorization },
      exchanges: [
        persistedExchange({ preferGetForPersistedQueries, enableForMutation: true }),
        fetchExchange,
      ],
    });
    await ask(
      {
        query: async (text, variables) => dataOf(await client.query(text, variables).toPromise()),
        mutate: async (text, variables) =>
          dataOf(await client.mutation(text, variables).toPromise()),
      },
      sent,
    );
  });
}
