// What the tests of all clients share: the server under test, how to stop and start it, and one
// story that all are told. The Rust side (tests/arena/clients.rs) says where everything is.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

// Older Nodes have none, and Apollo's link asks for its constants.
globalThis.WebSocket ??= WebSocket;

/** The server under test, which is stopped and started while the clients use it. */
export const url = process.env.ARENA_URL;
export const socketUrl = url.replace(/^http/, 'ws');
export const token = process.env.ARENA_TOKEN;
export const authorization = { Authorization: `Bearer ${token}` };

export const MAP = 'query Map($event: ID!) { seatMap(eventId: $event) { revision } }';

export const RESERVE = `mutation Reserve($event: ID!, $seats: [ID!]!) {
  reserveSeats(input: { eventId: $event, seatIds: $seats }) {
    __typename ... on ReserveSeatsSuccess { revision } ... on UserError { message } } }`;

export const CHANGES = `subscription Changes($event: ID!, $since: Revision) {
  seatChanges(eventId: $event, since: $since) {
    __typename ... on SeatSnapshot { revision reason }
    ... on SeatChanges { fromRevision toRevision } } }`;

async function control(command) {
  const response = await fetch(`${process.env.ARENA_CONTROL_URL}/${command}`, { method: 'POST' });
  assert.equal(response.status, 200, `${command}: ${await response.clone().text()}`);
  return response;
}

/** A new event with 40 seats that nobody else uses: its id, and its seats' ids. */
export const newEvent = async () => (await control('event')).json();
/** Stops the server and waits for its end: TERM lets it say goodbye, KILL does not. */
export const stop = (signal) => control(`stop/${signal}`);
/** Starts it again, at the same address. */
export const start = () => control('start');

/** Reserves seats through another server on the same database. */
async function reserveElsewhere(event, seats) {
  const body = JSON.stringify({ query: RESERVE, variables: { event, seats } });
  const headers = { 'content-type': 'application/json', ...authorization };
  const response = await fetch(process.env.ARENA_OTHER_URL, { method: 'POST', headers, body });
  return (await response.json()).data.reserveSeats;
}

/** What a subscriber has seen: nothing may be missing, and nothing may come twice. */
export class Follower {
  /** The last revision that was seen: what the client goes on after. */
  since = null;
  snapshots = 0;
  failure = null;

  take(item) {
    if (item.__typename === 'SeatSnapshot') {
      this.snapshots += 1;
      this.since = item.revision;
    } else if (item.fromRevision !== this.since + 1) {
      this.failure = new Error(`revision ${item.fromRevision} follows ${this.since}`);
    } else {
      this.since = item.toRevision;
    }
  }

  async until(revision) {
    const patience = Date.now() + 30_000;
    while (this.since === null || this.since < revision) {
      if (this.failure) throw this.failure;
      assert.ok(
        Date.now() < patience,
        `waited in vain for revision ${revision}; it is ${this.since}`,
      );
      await sleep(10);
    }
    if (this.failure) throw this.failure;
  }
}

/**
 * Calls `again` a moment after a stream has ended, unless it was `stop`ped.
 * So clients go on that do not reconnect by themselves.
 */
export function whileNotStopped(connect) {
  let stopped = false;
  let disconnect = () => {};
  const run = () => {
    let ended = false;
    disconnect = connect(async () => {
      if (ended || stopped) return;
      ended = true;
      await sleep(100);
      if (!stopped) run();
    });
  };
  run();
  return () => {
    stopped = true;
    disconnect();
  };
}

/**
 * The story: a query, a mutation, and a subscription that goes on where it was.
 * The server goes away twice, and much happens meanwhile.
 *
 * @param client `query(text, variables)` and `mutate(text, variables)` give the data;
 *   `follow(event, follower)` passes every item to `follower.take`, goes on after
 *   `follower.since` when the connection is lost, and gives what stops it.
 */
export async function tellTheStory(client) {
  const { id: event, seats } = await newEvent();
  assert.deepEqual((await client.query(MAP, { event })).seatMap.revision, 0);

  const follower = new Follower();
  const unfollow = client.follow(event, follower);
  try {
    await follower.until(0);
    const reserve = async (...serials) => {
      const wanted = serials.map((serial) => seats[serial]);
      const { reserveSeats } = await client.mutate(RESERVE, { event, seats: wanted });
      assert.equal(reserveSeats.__typename, 'ReserveSeatsSuccess', reserveSeats.message);
      await follower.until(reserveSeats.revision);
    };
    await reserve(0, 1);
    await stop('TERM');
    assert.equal((await reserveElsewhere(event, seats.slice(2, 7))).revision, 7);
    await start();
    await follower.until(7);
    await reserve(7);
    await stop('KILL');
    assert.equal((await reserveElsewhere(event, seats.slice(8, 11))).revision, 11);
    await start();
    await follower.until(11);
    await reserve(11, 12);
    assert.equal(follower.since, 13);
    assert.equal(
      follower.snapshots,
      1,
      'one snapshot at the beginning; everything else as changes',
    );
  } finally {
    unfollow();
  }
  assert.deepEqual((await client.query(MAP, { event })).seatMap.revision, 13);
}

/** `variables` that say, whenever they are sent, what the follower has seen by then. */
export const sinceThen = (event, follower) => ({
  event,
  get since() {
    return follower.since;
  },
});

/** The data of an answer without errors. */
export function dataOf({ data, error, errors }) {
  assert.equal(error, undefined);
  assert.equal(errors, undefined);
  return data;
}
