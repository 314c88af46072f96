// What is bought is bought at the price that is shown, and that is the price of the hold.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { EventDetailsFragment } from '../src/generated/operations';
import { ServerClock } from '../src/clock';
import { Plan } from '../src/plan';
import { SeatState } from '../src/state';
import { readDrawing, readNames } from '../src/survey';

// The oldest Node that builds the page does not say which language its user reads.
if (!('navigator' in globalThis))
  Object.defineProperty(globalThis, 'navigator', { value: { language: 'en' } });
const { Booking } = await import('../src/booking');

const END = '2079-01-01T20:00:00.000000Z';
const money = (amountMinor: number) => ({ amountMinor, currency: 'EUR', fractionDigits: 2 });

/** What everybody pays since the page was loaded. */
const LISTED = 5_000;
const SEATS = ['s0', 's1'];

function plan(): Plan {
  const text = (seats: unknown[]) =>
    new TextEncoder().encode(JSON.stringify({ data: { seatPlan: { version: 7, seats } } })).buffer;
  const place = { section: 'A', categoryId: 'gold', accessible: false, y: 0 };
  const drawing = readDrawing(text(SEATS.map((_, x) => ({ ...place, x }))));
  const names = readNames(text(SEATS.map((id, n) => ({ id, row: '1', number: `${n}` }))));
  assert.ok('part' in drawing && 'part' in names);
  const category = { id: 'gold', name: 'Gold', color: null, price: money(LISTED) };
  const plan = new Plan(drawing.part, [category]);
  plan.name(names.part);
  return plan;
}

const held = (id: string, revision = 1) => ({
  id,
  status: 'RESERVED' as const,
  revision,
  reservationExpiresAt: END,
});

const priced = (id: string, amountMinor: number, revision = 1) => ({
  ...held(id, revision),
  __typename: 'Seat' as const,
  ticketTypes: [{ price: money(amountMinor) }, { price: money(1) }],
});

const mine = (revision: number, ...ids: string[]) => ({
  revision,
  held: ids.map((id) => held(id, revision)),
  orders: [],
  expired: [],
});

function page() {
  const state = new SeatState(plan(), { seatChanged: () => {}, seatLost: () => {} });
  const statuses = 'A'.repeat(SEATS.length);
  assert.ok(state.takeFrame({ revision: 0, planVersion: 7, places: null, statuses }));
  const told: string[] = [];
  const event = { id: 'e', holdSeconds: 300 } as EventDetailsFragment;
  const credentials = { known: () => 't', token: () => Promise.resolve('t'), reject: () => {} };
  const booking = new Booking(event, state, new ServerClock(), credentials, {
    note: ({ text }) => void told.push(text),
    waiting: () => {},
    bought: () => {},
  });
  const shown = () => state.buyable.map((seat) => state.priceOf(seat)?.amountMinor);
  return { state, booking, told, shown };
}

type Variables = { seatIds: string[]; input: { expectedTotal: unknown; idempotencyKey: string } };

/** A server that has each price at which the seats are held now; it notes what it was asked. */
function server(prices: Record<string, number>) {
  const asked: [name: string, variables: Variables][] = [];
  const seats = (ids: string[]) => ids.map((id) => priced(id, prices[id]!));
  const confirm = ({ input }: Variables) => {
    const all = Object.values(prices).reduce((sum, price) => sum + price, 0);
    const isRight = (input.expectedTotal as { amountMinor: number }).amountMinor === all;
    if (!isRight) return { __typename: 'PriceChanged', message: '' };
    const order = { id: 'o', code: 'c', confirmedAt: END, total: money(all), seats: [] };
    return { __typename: 'ConfirmSeatsSuccess', order };
  };
  const answers: Record<string, (variables: Variables) => unknown> = {
    HeldPrices: ({ seatIds }) => ({ nodes: [...seats(seatIds), null] }),
    ReserveSeats: ({ seatIds }) => ({
      reserveSeats: {
        __typename: 'ReserveSeatsSuccess',
        serverTime: new Date().toISOString(),
        seats: seats(seatIds),
      },
    }),
    ConfirmSeats: (variables) => ({ confirmSeats: confirm(variables) }),
  };
  globalThis.fetch = (_, init) => {
    const { query, variables } = JSON.parse(String(init?.body));
    const name = /(?:query|mutation) (\w+)/.exec(query)![1]!;
    asked.push([name, variables]);
    return Promise.resolve(Response.json({ data: answers[name]!(variables) }));
  };
  const names = () => asked.map(([name]) => name);
  const inputs = () => asked.flatMap(([, { input }]) => input ?? []);
  return { prices, names, inputs };
}

test('a seat that is held costs what its hold says, whatever its category costs', async () => {
  const { state, booking, shown } = page();
  const { names, inputs } = server({ s0: 4_000 });
  await booking.hold(0);
  assert.deepEqual(shown(), [4_000]);
  assert.equal(state.priceOf(1)?.amountMinor, LISTED, 'another seat costs what is listed');
  await booking.buy();
  assert.deepEqual(inputs()[0]?.expectedTotal, { amountMinor: 4_000, currency: 'EUR' });
  assert.deepEqual(names(), ['ReserveSeats', 'ConfirmSeats'], 'nothing more is asked');
  assert.equal(state.orders.size, 1);
});

test('what seats cost that were held before a reload is read', async () => {
  const { state, booking, shown } = page();
  const { names } = server({ s0: 4_000, s1: 3_000 });
  state.takeOwn(mine(1, ...SEATS));
  assert.deepEqual(shown(), [LISTED, LISTED], 'until it is known');
  await Promise.all([booking.learnPrices(), booking.learnPrices()]);
  assert.deepEqual(shown(), [4_000, 3_000]);
  await booking.learnPrices();
  assert.deepEqual(names(), ['HeldPrices'], 'once');
  await booking.buy();
  assert.equal(state.orders.size, 1);
});

test('a price that has changed is shown, and the next press buys at it', async () => {
  const { state, booking, told, shown } = page();
  const { prices, names, inputs } = server({ s0: 4_000 });
  await booking.hold(0);
  prices['s0'] = 6_000;
  await booking.buy();
  assert.equal(state.orders.size, 0);
  assert.deepEqual(shown(), [6_000]);
  assert.match(told.at(-1)!, /^Prices have changed: your seats cost \D*60\D* now\. /);
  await booking.buy();
  assert.deepEqual(names().slice(1), ['ConfirmSeats', 'HeldPrices', 'ConfirmSeats']);
  assert.deepEqual(inputs()[1]?.expectedTotal, { amountMinor: 6_000, currency: 'EUR' });
  assert.notEqual(inputs()[0]?.idempotencyKey, inputs()[1]?.idempotencyKey);
  assert.equal(state.orders.size, 1);
});

test('a price is that of one hold: whoever lets a seat go and takes it again is asked anew', () => {
  const { state, shown } = page();
  state.takeOwn(mine(1, 's0'));
  state.takePrices([priced('s0', 4_000)]);
  assert.deepEqual(state.unpriced, []);
  state.takeOwn(mine(2));
  assert.equal(state.priceOf(0)?.amountMinor, LISTED);
  state.takeOwn(mine(3, 's0'));
  assert.deepEqual(state.unpriced, [0]);
  assert.deepEqual(shown(), [LISTED]);
  state.takePrices([priced('s0', 5_500, 3)]);
  state.takePrices([priced('s0', 4_000, 1)]);
  assert.deepEqual(shown(), [5_500], 'what was read before is late');
});
