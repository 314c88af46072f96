import assert from 'node:assert/strict';
import test from 'node:test';
import {
  carryOut,
  newPurchase,
  type Part,
  type Purchase,
  readPurchase,
  seatIdsOf,
} from '../src/purchase';
import type { Order } from '../src/state';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

function keys(): () => string {
  let made = 0;
  return () => `key-${(made += 1)}`;
}

/** The page says that each seat costs one cent. */
const shown = (seatIds: readonly string[]) => ({ amountMinor: seatIds.length, currency: 'EUR' });

const purchaseOf = (count: number, now = 0) => newPurchase(ids(count), shown, keys(), now);

const orderOf = ({ key, seatIds }: Part): Order => ({
  id: key,
  code: key,
  confirmedAt: '2026-11-22T20:00:00.000000Z',
  total: { amountMinor: seatIds.length, currency: 'EUR', fractionDigits: 2 },
  seats: seatIds.map((id) => ({ id, status: 'CONFIRMED', revision: 1 })),
});

/** A shop that answers as it is told; it notes what it was asked. */
function shop(answer: (part: Part) => Order | null = orderOf) {
  const asked: Part[] = [];
  const told: string[] = [];
  let kept: Purchase | null = null;
  const steps = {
    confirm: (part: Part) => {
      asked.push(part);
      return Promise.resolve().then(() => answer(part));
    },
    keep: (purchase: Purchase | null) => void (kept = purchase),
    progress: (bought: number, all: number) => void told.push(`${bought} of ${all}`),
  };
  return { asked, told, steps, kept: () => kept };
}

test('more seats than a request may name are bought in parts, each under its key', async () => {
  const { asked, told, steps, kept } = shop();
  const orders: Order[] = [];
  await carryOut(purchaseOf(250), steps, orders);
  assert.deepEqual(
    asked.map(({ key, seatIds, expectedTotal }) => [
      key,
      seatIds.length,
      expectedTotal?.amountMinor,
    ]),
    [
      ['key-1', 100, 100],
      ['key-2', 100, 100],
      ['key-3', 50, 50],
    ],
  );
  assert.deepEqual(
    asked.flatMap(({ seatIds }) => seatIds),
    ids(250),
  );
  assert.deepEqual(told, ['0 of 250', '100 of 250', '200 of 250']);
  assert.equal(orders.length, 3);
  assert.equal(kept(), null);
});

test('up to a hundred seats are one order', async () => {
  for (const count of [1, 100]) {
    const { asked, steps } = shop();
    await carryOut(purchaseOf(count), steps, []);
    assert.equal(asked.length, 1);
  }
});

test('a part whose answer is unclear is asked for again, and none before it', async () => {
  let isLost = true;
  const { asked, steps, kept } = shop((part) => {
    if (part.key === 'key-2' && isLost) throw new Error('no answer');
    return orderOf(part);
  });
  const orders: Order[] = [];
  await assert.rejects(carryOut(purchaseOf(250, 7), steps, orders));
  assert.equal(orders.length, 1, 'what was bought is known');
  const left = readPurchase(JSON.parse(JSON.stringify(kept())));
  assert.ok(left);
  assert.deepEqual(seatIdsOf(left), ids(250).slice(100));
  assert.equal(left.begunAt, 7);
  assert.deepEqual(left.parts[0]?.expectedTotal, shown(ids(100)), 'as it was shown');
  isLost = false;
  await carryOut(left, steps, orders);
  assert.deepEqual(
    asked.map(({ key }) => key),
    ['key-1', 'key-2', 'key-2', 'key-3'],
  );
  assert.equal(orders.length, 3);
  assert.equal(kept(), null);
});

test('a part that is refused ends the purchase, and what came before it is bought', async () => {
  const { asked, steps, kept } = shop((part) => (part.key === 'key-2' ? null : orderOf(part)));
  const orders: Order[] = [];
  await carryOut(purchaseOf(250), steps, orders);
  assert.equal(asked.length, 2);
  assert.equal(orders.length, 1);
  assert.equal(kept(), null, 'the next purchase is another one');
});

test('what another version of the page has kept is no purchase', () => {
  const old = { key: 'k', seatIds: ['s1'], begunAt: 1 };
  for (const kept of [
    null,
    undefined,
    7,
    'x',
    {},
    old,
    { parts: [], begunAt: 1 },
    { parts: [{}], begunAt: 1 },
    { parts: [{ key: 'k', seatIds: ['s1'] }], begunAt: 1 },
  ])
    assert.equal(readPurchase(kept), null);
});
