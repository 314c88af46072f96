import assert from 'node:assert/strict';
import test from 'node:test';
import type { OwnSeatFragment, SeatStateFragment, SeatStatus } from '../src/generated/operations';
import { Plan } from '../src/plan';
import {
  CLOSED,
  type Frame,
  FREE,
  GIVING_BACK,
  HELD,
  type Order,
  SeatState,
  SOLD,
} from '../src/state';
import { readDrawing, readNames } from '../src/survey';

const END = '2026-11-22T20:00:00.000000Z';
const ENDS_AT = Date.parse(END);
const PRICE = { amountMinor: 100, currency: 'EUR', fractionDigits: 2 };

function plan(): Plan {
  const numbers = [1, 2, 3, 4, 5];
  const text = (seats: unknown[]) =>
    new TextEncoder().encode(JSON.stringify({ data: { seatPlan: { version: 7, seats } } })).buffer;
  const place = { section: 'A', categoryId: 'gold', accessible: false, y: 0 };
  const drawing = readDrawing(text(numbers.map((x) => ({ ...place, x }))));
  const names = readNames(text(numbers.map((n) => ({ id: `s${n}`, row: '1', number: `${n}` }))));
  assert.ok('part' in drawing && 'part' in names);
  const categories = [{ id: 'gold', name: 'Gold', color: '#e69f00', price: PRICE }];
  const plan = new Plan(drawing.part, categories);
  plan.name(names.part);
  return plan;
}

const whole = (revision: number, statuses: string): Frame => ({
  revision,
  planVersion: 7,
  places: null,
  statuses,
});

const patch = (revision: number, places: number[], statuses: string): Frame => ({
  ...whole(revision, statuses),
  places,
});

/** Five seats, as of revision 0; the last is not for sale. */
function state() {
  const lost: [seat: number, hasRunOut: boolean][] = [];
  const changed: number[] = [];
  const seen = new SeatState(plan(), {
    seatChanged: (seat) => changed.push(seat),
    seatLost: (seat, hasRunOut) => lost.push([seat, hasRunOut]),
  });
  assert.ok(seen.takeFrame(whole(0, 'AAAAN')));
  return Object.assign(seen, { lost, changed });
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

const mine = (
  revision: number,
  held: OwnSeatFragment[],
  orders: Order[] = [],
  expired: string[] = [],
) => ({
  revision,
  held,
  orders,
  expired,
});

const order = (...seats: SeatStateFragment[]): Order => ({
  id: 'o1',
  code: '4G7Q9-0ABXK',
  confirmedAt: END,
  total: PRICE,
  seats,
});

test('a whole frame is the map, and one with places changes these, which are counted', () => {
  const seats = state();
  assert.deepEqual([...seats.status], [FREE, FREE, FREE, FREE, CLOSED]);
  assert.deepEqual(seats.total, [4, 0, 0]);
  assert.ok(seats.takeFrame(patch(3, [0, 1], 'CR')));
  assert.deepEqual([...seats.status], [SOLD, HELD, FREE, FREE, CLOSED]);
  for (const counts of [seats.total, seats.ofSection[0], seats.ofCategory[0]])
    assert.deepEqual(counts, [2, 1, 1]);
  seats.changed.length = 0;
  assert.ok(seats.takeFrame(whole(9, 'CAAAN')));
  assert.deepEqual(seats.changed, [1], 'what is the same is not drawn again');
  assert.deepEqual(seats.total, [3, 0, 1]);
});

test('of a frame that is of another plan nothing is taken', () => {
  const seats = state();
  const others = [
    { ...whole(1, 'CCCCC'), planVersion: 8 },
    whole(1, 'CCCC'),
    patch(1, [0, 5], 'CC'),
    patch(1, [0, 1], 'C'),
  ];
  for (const other of others) assert.equal(seats.takeFrame(other), false);
  assert.deepEqual([...seats.status], [FREE, FREE, FREE, FREE, CLOSED]);
});

test('a letter that is newer than the page offers nothing', () => {
  const seats = state();
  assert.ok(seats.takeFrame(whole(1, 'AZ\u20acA\u0141')));
  assert.deepEqual([...seats.status], [FREE, CLOSED, CLOSED, FREE, CLOSED]);
});

test('an answer is shown over older frames, and no longer over one that is as new', () => {
  const seats = state();
  seats.takeAnswer([own(1, 5)], true);
  assert.deepEqual([...seats.held], [0]);
  assert.ok(seats.takeFrame(patch(3, [1], 'R')));
  assert.ok(seats.takeFrame(whole(4, 'ARAAN')));
  assert.deepEqual([seats.status[0], seats.status[1]], [HELD, HELD]);
  // It came and went between two frames: the second says nothing of it, and is right.
  assert.ok(seats.takeFrame(patch(9, [2], 'C')));
  assert.deepEqual([...seats.status], [FREE, HELD, SOLD, FREE, CLOSED]);
});

test('an answer that is older than the frames does not undo them', () => {
  const seats = state();
  assert.ok(seats.takeFrame(patch(9, [0], 'C')));
  seats.takeAnswer([news(1, 'AVAILABLE', 4)], false);
  assert.equal(seats.status[0], SOLD);
  seats.takeAnswer([own(2, 5)], true);
  assert.equal(seats.mine[1], 1);
});

test('an answer that comes after the word on all that is mine brings nothing back', () => {
  const seats = state();
  seats.takeOwn(mine(9, []));
  seats.takeAnswer([own(1, 5)], true);
  assert.equal(seats.mine[0], 0);
  assert.equal(seats.status[0], FREE);
});

test('frames do not say what is mine, and do not take it', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1)], true);
  assert.ok(seats.takeFrame(whole(1, 'RAAAN')));
  assert.ok(seats.takeFrame(patch(2, [0], 'C')));
  assert.equal(seats.mine[0], 1);
  assert.equal(seats.expiresAt[0], ENDS_AT);
  assert.deepEqual(seats.lost, []);
});

test('a hold of mine is free the moment it runs out; another ends when a frame says so', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1)], true);
  assert.ok(seats.takeFrame(patch(2, [0, 1], 'RR')));
  assert.equal(seats.expire(ENDS_AT - 1), ENDS_AT);
  assert.equal(seats.status[0], HELD);
  seats.expire(ENDS_AT);
  assert.deepEqual([...seats.status], [FREE, HELD, FREE, FREE, CLOSED]);
  assert.deepEqual(seats.lost, [[0, true]]);
  // The news of it changes nothing any more, and is not told twice.
  seats.takeOwn(mine(3, [], [], ['s1']));
  assert.ok(seats.takeFrame(patch(4, [0, 1], 'AA')));
  assert.deepEqual(seats.total, [4, 0, 0]);
  assert.equal(seats.lost.length, 1);
  assert.equal(seats.expire(ENDS_AT + 60_000), Infinity);
});

test('a hold that ran out here, and others have at once, does not read as free for long', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1)], true);
  assert.ok(seats.takeFrame(patch(1, [0], 'R')));
  const until = seats.expire(ENDS_AT);
  assert.equal(seats.status[0], FREE);
  // No frame had to say so: to everybody's eyes it was held all along.
  seats.expire(until);
  assert.equal(seats.status[0], HELD);
});

test('what is mine is taken as of its revision; newer things stand', () => {
  const seats = state();
  seats.takeAnswer([own(1, 7)], true);
  seats.takeOwn(mine(6, [own(2, 6)], [order(news(3, 'CONFIRMED', 4))]));
  assert.deepEqual([...seats.mine], [1, 1, 1, 0, 0]);
  assert.deepEqual([...seats.held].sort(), [0, 1]);
  assert.deepEqual([...seats.status], [HELD, HELD, SOLD, FREE, CLOSED]);
  assert.equal(seats.orders.get('o1')?.code, '4G7Q9-0ABXK');
  seats.takeOwn(mine(8, [], [], ['s2']));
  assert.deepEqual([...seats.mine], [0, 0, 0, 0, 0]);
  assert.deepEqual(seats.lost, [
    [0, false],
    [1, true],
  ]);
});

test('a seat of mine that is bought stays mine, and is not reported as lost', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1)], true);
  seats.takeOwn(mine(2, [], [order(news(1, 'CONFIRMED', 2))]));
  assert.deepEqual([seats.mine[0], seats.status[0], seats.held.size], [1, SOLD, 0]);
  assert.deepEqual(seats.lost, []);
});

test('a seat that this page gives back is not reported as lost', () => {
  const seats = state();
  seats.takeAnswer([own(1, 1)], true);
  seats.setPending(0, GIVING_BACK);
  seats.takeOwn(mine(2, []));
  assert.deepEqual(seats.lost, []);
  assert.equal(seats.mine[0], 0);
});

test('a refusal is believed until better news, but not for long', () => {
  const seats = state();
  seats.takeHint(0, HELD, 1000);
  seats.takeHint(1, SOLD, 1000);
  assert.deepEqual(seats.total, [2, 1, 1]);
  assert.ok(seats.takeFrame(patch(1, [0], 'C')));
  assert.equal(seats.status[0], SOLD);
  assert.equal(seats.expire(999), 1000);
  seats.expire(1000);
  assert.deepEqual(seats.total, [3, 0, 1]);
  assert.deepEqual(seats.lost, []);
});

test('another viewer begins with nothing, and is told of what is theirs', () => {
  const seats = state();
  seats.takeOwn(mine(20, [own(1, 20)], [order(news(2, 'CONFIRMED', 4))]));
  seats.forgetOwn();
  assert.deepEqual([...seats.mine], [0, 0, 0, 0, 0]);
  assert.equal(seats.orders.size, 0);
  seats.takeAnswer([own(3, 6)], true);
  assert.equal(seats.mine[2], 1);
});

test('a seat that is not offered counts only when somebody has it', () => {
  const seats = state();
  assert.ok(seats.takeFrame(patch(1, [4], 'R')));
  assert.deepEqual(seats.total, [4, 1, 0]);
  assert.ok(seats.takeFrame(patch(2, [4], 'N')));
  assert.deepEqual(seats.total, [4, 0, 0]);
});
