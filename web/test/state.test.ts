import assert from 'node:assert/strict';
import test from 'node:test';
import type {
  ChangeCause,
  OwnSeatFragment,
  SeatStateFragment,
  SeatStatus,
} from '../src/generated/operations';
import { type MapSeat, Plan } from '../src/plan';
import { type Changes, FREE, GIVING_BACK, HELD, type Order, SeatState, SOLD } from '../src/state';

const END = '2026-11-22T20:00:00.000000Z';
const ENDS_AT = Date.parse(END);
const PRICE = { amountMinor: 100, currency: 'EUR', fractionDigits: 2 };

function mapSeat(number: number, forSale = true): MapSeat {
  const place = {
    section: 'A',
    row: '1',
    number: String(number),
    x: number,
    y: 0,
    accessible: false,
    forSale,
  };
  return {
    id: `s${number}`,
    ...place,
    category: { id: 'gold' },
    status: 'AVAILABLE',
    revision: 0,
  };
}

/** Five seats; the last is not for sale. */
function state() {
  const seats = [1, 2, 3, 4].map((number) => mapSeat(number)).concat(mapSeat(5, false));
  const plan = new Plan(seats, [{ id: 'gold', name: 'Gold', color: '#e69f00', price: PRICE }]);
  const lost: [number, ChangeCause][] = [];
  const seen = new SeatState(plan, {
    seatChanged: () => {},
    seatLost: (seat, cause) => lost.push([seat, cause]),
  });
  return Object.assign(seen, { lost });
}

/** As everybody is told. */
const news = (seat: number, status: SeatStatus, revision: number): SeatStateFragment => ({
  id: `s${seat}`,
  status,
  revision,
});

/** As its holder is told. */
const own = (seat: number, revision: number): OwnSeatFragment => ({
  ...news(seat, 'RESERVED', revision),
  reservationExpiresAt: END,
});

const CAUSES: Record<SeatStatus, ChangeCause> = {
  AVAILABLE: 'RELEASED',
  RESERVED: 'RESERVED',
  CONFIRMED: 'CONFIRMED',
};

function changes(
  ...all: [seat: number, status: SeatStatus, revision: number, cause?: ChangeCause][]
): Changes {
  return {
    __typename: 'SeatChanges',
    fromRevision: all[0]![2],
    toRevision: all[all.length - 1]![2],
    changes: all.map(([seat, status, revision, cause]) => {
      const { id, ...rest } = news(seat, status, revision);
      return { seatId: id, ...rest, cause: cause ?? CAUSES[status], changedAt: END };
    }),
  };
}

const snapshot = (
  revision: number,
  reason: 'CLIENT_LAGGED' | 'UNKNOWN_REVISION',
  ...seats: SeatStateFragment[]
) => ({
  __typename: 'SeatSnapshot' as const,
  revision,
  reason,
  seats: seats.map(({ id, ...rest }) => ({ seatId: id, ...rest })),
});

const order = (...seats: SeatStateFragment[]): Order => ({
  id: 'o1',
  code: '4G7Q9-0ABXK',
  confirmedAt: END,
  total: PRICE,
  seats,
});

test('changes that follow each other are folded, and counted', () => {
  const seats = state();
  assert.deepEqual(seats.total, [4, 0, 0]);
  assert.ok(
    seats.takeChanges(changes([1, 'RESERVED', 1], [2, 'RESERVED', 2], [1, 'CONFIRMED', 3])),
  );
  assert.deepEqual([...seats.status], [SOLD, HELD, FREE, FREE, FREE]);
  assert.deepEqual(seats.total, [2, 1, 1]);
  assert.deepEqual(seats.ofSection[0], [2, 1, 1]);
  assert.deepEqual(seats.ofCategory[0], [2, 1, 1]);
  assert.equal(seats.revision, 3);
});

test('a hole is noticed, and nothing behind it is taken', () => {
  const seats = state();
  assert.ok(seats.takeChanges(changes([1, 'RESERVED', 1])));
  assert.equal(seats.takeChanges(changes([2, 'RESERVED', 3])), false);
  assert.equal(seats.status[1], FREE);
  assert.equal(seats.revision, 1);
});

test('what is known already changes nothing when it comes again', () => {
  const seats = state();
  seats.takeChanges(changes([1, 'RESERVED', 1], [1, 'CONFIRMED', 2]));
  assert.ok(
    seats.takeChanges(changes([1, 'RESERVED', 1], [1, 'CONFIRMED', 2], [2, 'RESERVED', 3])),
  );
  assert.deepEqual([seats.status[0], seats.status[1], seats.revision], [SOLD, HELD, 3]);
});

test('what everybody is told of my hold does not make the page forget when it ends', () => {
  const seats = state();
  seats.takeAnswer([own(1, 3)], true);
  seats.takeMap(3, [news(1, 'RESERVED', 3), news(2, 'RESERVED', 2)]);
  const rest = [2, 3, 4, 5].map((seat) => news(seat, 'AVAILABLE', 0));
  seats.takeSnapshot(snapshot(3, 'CLIENT_LAGGED', news(1, 'RESERVED', 3), ...rest));
  assert.deepEqual([...seats.expiresAt], [ENDS_AT, 0, 0, 0, 0]);
  // Of another history, a seat's revision says nothing about the hold that it had in this one.
  seats.takeSnapshot(snapshot(3, 'UNKNOWN_REVISION', news(1, 'RESERVED', 3), ...rest));
  assert.deepEqual([...seats.expiresAt], [0, 0, 0, 0, 0]);
});

test('an answer may run ahead of the stream, which does not undo it', () => {
  const seats = state();
  seats.takeAnswer([own(1, 5)], true);
  assert.deepEqual([...seats.held], [0]);
  seats.takeChanges(
    changes(
      [1, 'RESERVED', 1],
      [1, 'AVAILABLE', 2],
      [2, 'RESERVED', 3],
      [3, 'RESERVED', 4],
      [1, 'RESERVED', 5],
    ),
  );
  assert.deepEqual([...seats.held], [0]);
  assert.deepEqual(seats.lost, []);
});

test('an answer that comes after the stream marks the seat as mine', () => {
  const seats = state();
  seats.takeChanges(changes([1, 'RESERVED', 1]));
  assert.equal(seats.mine[0], 0);
  seats.takeAnswer([own(1, 1)], true);
  assert.equal(seats.mine[0], 1);
});

test('a hold of mine is free the moment it runs out; another ends when the stream says so', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1)], true);
  assert.ok(seats.takeChanges(changes([1, 'RESERVED', 1], [2, 'RESERVED', 2])));
  assert.equal(seats.expire(ENDS_AT - 1), ENDS_AT);
  assert.equal(seats.status[0], HELD);
  assert.equal(seats.expire(ENDS_AT), Infinity);
  assert.deepEqual([...seats.status], [FREE, HELD, FREE, FREE, FREE]);
  assert.deepEqual(seats.lost, [[0, 'EXPIRED']]);
  // The news of it changes nothing any more, and is not told twice.
  seats.takeChanges(changes([1, 'AVAILABLE', 3, 'EXPIRED'], [2, 'AVAILABLE', 4, 'EXPIRED']));
  assert.deepEqual(seats.total, [4, 0, 0]);
  assert.equal(seats.lost.length, 1);
});

test('a seat of mine that is bought stays mine, and one that somebody else takes is not', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1), own(2, 2)], true);
  seats.revision = 2;
  seats.takeChanges(
    changes([1, 'CONFIRMED', 3], [2, 'AVAILABLE', 4, 'EXPIRED'], [2, 'RESERVED', 5]),
  );
  assert.deepEqual([...seats.mine], [1, 0, 0, 0, 0]);
  assert.deepEqual([...seats.held], []);
  assert.deepEqual(seats.lost, [[1, 'EXPIRED']]);
});

test('a seat that this page gives back is not reported as lost', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1)], true);
  seats.revision = 1;
  seats.setPending(0, GIVING_BACK);
  seats.takeChanges(changes([1, 'AVAILABLE', 2]));
  assert.deepEqual(seats.lost, []);
  assert.equal(seats.mine[0], 0);
});

test('what is mine is taken as of its revision; newer things stand', () => {
  const seats = state();
  seats.takeAnswer([own(1, 7)], true);
  const mine = {
    revision: 6,
    held: [own(2, 6)],
    orders: [order(news(3, 'CONFIRMED', 4))],
  };
  seats.takeOwn(mine);
  assert.deepEqual([...seats.mine], [1, 1, 1, 0, 0]);
  assert.deepEqual([...seats.held].sort(), [0, 1]);
  assert.equal(seats.orders.get('o1')?.code, '4G7Q9-0ABXK');
  seats.takeOwn({ revision: 8, held: [], orders: [] });
  assert.deepEqual([...seats.mine], [0, 0, 0, 0, 0]);
});

test('a snapshot leaves alone what is newer than it, and what has not changed stays mine', () => {
  const seats = state();
  seats.takeAnswer([own(1, 2), own(2, 9)], true);
  const rest = [3, 4, 5].map((seat) => news(seat, 'AVAILABLE', 0));
  seats.takeSnapshot(
    snapshot(5, 'CLIENT_LAGGED', news(1, 'RESERVED', 2), news(2, 'AVAILABLE', 0), ...rest),
  );
  assert.deepEqual([...seats.held], [0, 1]);
  assert.equal(seats.revision, 5);
});

test('after a snapshot of another history nothing of the old one is left', () => {
  const seats = state();
  seats.takeAnswer([own(1, 20)], true);
  seats.revision = 20;
  const rest = [2, 3, 4, 5].map((seat) => news(seat, 'AVAILABLE', 0));
  seats.takeSnapshot(snapshot(3, 'UNKNOWN_REVISION', news(1, 'AVAILABLE', 3), ...rest));
  assert.deepEqual([...seats.held], []);
  assert.deepEqual(seats.total, [4, 0, 0]);
  assert.ok(seats.takeChanges(changes([1, 'RESERVED', 4])));
  assert.equal(seats.status[0], HELD);
});

test('a map asked for after a long sleep brings what is newer, and nothing older', () => {
  const seats = state();
  seats.takeAnswer([own(1, 9)], true);
  seats.takeMap(6, [news(1, 'AVAILABLE', 0), news(2, 'CONFIRMED', 6)]);
  assert.deepEqual([...seats.status], [HELD, SOLD, FREE, FREE, FREE]);
  assert.equal(seats.revision, 6);
});

test('a refusal is believed until better news, but a hold that it speaks of not for long', () => {
  const seats = state();
  seats.takeHint(0, HELD, 1000);
  seats.takeHint(1, SOLD, 1000);
  assert.deepEqual(seats.total, [2, 1, 1]);
  seats.expire(1000);
  assert.deepEqual(seats.total, [3, 0, 1]);
  assert.deepEqual(seats.lost, []);
});

test('a seat that is not for sale counts only when somebody has it', () => {
  const seats = state();
  seats.takeChanges(changes([5, 'RESERVED', 1]));
  assert.deepEqual(seats.total, [4, 1, 0]);
  seats.takeChanges(changes([5, 'AVAILABLE', 2]));
  assert.deepEqual(seats.total, [4, 0, 0]);
});
