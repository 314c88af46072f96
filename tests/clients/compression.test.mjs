// permessage-deflate as `ws` speaks it: what comes is what is sent without it, in fewer bytes.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import WebSocket from 'ws';
import { CHANGES, RESERVE, authorization, newEvent, socketUrl, url } from './arena.mjs';

const SNAPSHOT = `subscription ($event: ID!) { seatChanges(eventId: $event) {
  ... on SeatSnapshot { revision seats { seatId status revision } }
  ... on SeatChanges { toRevision changes { seatId status cause revision changedAt } } } }`;

/** A socket that follows an event, and what it has been sent. */
async function follow(event, query, perMessageDeflate) {
  const socket = new WebSocket(socketUrl, 'graphql-transport-ws', { perMessageDeflate });
  const messages = [];
  const waiting = [];
  socket.on('message', (data) => {
    messages.push(String(data));
    waiting.shift()?.();
  });
  await once(socket, 'open');
  const until = async (count) => {
    while (messages.length < count) await new Promise((resolve) => waiting.push(resolve));
  };
  socket.send(JSON.stringify({ type: 'connection_init', payload: authorization }));
  await until(1);
  // Longer than what `ws` compresses.
  const padding = `# ${'x'.repeat(2_000)}\n`;
  const payload = { query: padding + query, variables: { event } };
  socket.send(JSON.stringify({ type: 'subscribe', id: '"1"', payload }));
  return { socket, messages, until };
}

async function reserve(event, seats) {
  const body = JSON.stringify({ query: RESERVE, variables: { event, seats } });
  const headers = { 'content-type': 'application/json', ...authorization };
  const { data } = await (await fetch(url, { method: 'POST', headers, body })).json();
  assert.equal(data.reserveSeats.__typename, 'ReserveSeatsSuccess');
}

test('what is compressed says the same in fewer bytes', async () => {
  const { id: event, seats } = await newEvent();
  const options = [
    false,
    true,
    // What a browser offers, and what cannot be granted.
    { clientMaxWindowBits: true },
    { serverMaxWindowBits: 15, serverNoContextTakeover: true, clientNoContextTakeover: true },
    { threshold: 0 },
  ];
  const all = await Promise.all(options.map((option) => follow(event, SNAPSHOT, option)));
  await Promise.all(all.map(({ until }) => until(2)));
  await reserve(event, seats.slice(0, 8));
  await Promise.all(all.map(({ until }) => until(3)));
  const [plain, ...compressed] = all;
  assert.equal(plain.socket.extensions, '');
  for (const { socket, messages } of compressed) {
    assert.equal(socket.extensions.split(';')[0], 'permessage-deflate');
    assert.deepEqual(messages.slice(1), plain.messages.slice(1));
    const [few, many] = [socket, plain.socket].map((each) => each._socket.bytesRead);
    assert.ok(few < many / 2, `${few} bytes instead of ${many}`);
  }
  const [first] = plain.messages.slice(1).map(JSON.parse);
  assert.equal(first.id, '"1"');
  assert.equal(first.payload.data.seatChanges.seats.length, 40);
  for (const { socket } of all) {
    socket.close(1000);
    const [code] = await once(socket, 'close');
    assert.equal(code, 1000);
  }
});

test('a window that is too small for what many are sent is not granted', async () => {
  const { id: event } = await newEvent();
  const { socket, messages, until } = await follow(event, CHANGES, { serverMaxWindowBits: 10 });
  await until(2);
  assert.equal(socket.extensions, '');
  assert.equal(JSON.parse(messages[1]).type, 'next');
  socket.terminate();
});

test('whoever is let in is told over how long a time to come back', async () => {
  const { id: event } = await newEvent();
  const { socket, messages } = await follow(event, CHANGES, true);
  const { type, payload } = JSON.parse(messages[0]);
  assert.equal(type, 'connection_ack');
  assert.ok(payload.reconnectWithinMs >= 1_000 && payload.reconnectWithinMs <= 30_000);
  socket.terminate();
});
