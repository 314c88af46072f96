import assert from 'node:assert/strict';
import test from 'node:test';
import { type MapSeat, Plan } from '../src/plan';

function seat(
  id: string,
  section: string,
  row: string,
  x: number | null,
  y: number | null,
): MapSeat {
  const state = { status: 'AVAILABLE', revision: 0 } as const;
  return {
    id,
    section,
    row,
    number: '1',
    x,
    y,
    accessible: false,
    forSale: true,
    category: { id: 'c' },
    ...state,
  };
}

test('sections, rows and the distance between seats come from the seats', () => {
  const seats = [0, 1, 2].flatMap((x) => [
    seat(`a${x}`, 'A', '1', x * 0.5, 0),
    seat(`b${x}`, 'A', '2', x * 0.5, 1),
  ]);
  const plan = new Plan(seats, []);
  assert.equal(plan.pitch, 0.5);
  const [section] = plan.sections;
  assert.deepEqual(
    section?.rows.map(({ name, seats }) => [name, seats]),
    [
      ['1', [0, 2, 4]],
      ['2', [1, 3, 5]],
    ],
  );
  assert.equal(plan.rowOf(3).section, section);
  assert.equal(section?.outline.length, 4);
});

test('a plan without coordinates is laid out so that no two seats are in one place', () => {
  const seats = Array.from({ length: 60 }, (_, i) =>
    seat(`s${i}`, `${i % 3}`, `${i % 4}`, null, null),
  );
  const plan = new Plan(seats, []);
  const places = new Set(seats.map((_, i) => JSON.stringify(plan.at(i))));
  assert.equal(places.size, 60);
  assert.ok(Object.values(plan.box).every(Number.isFinite));
});

test('an event without seats has an empty plan, and numbers that can be drawn with', () => {
  const plan = new Plan([], []);
  assert.equal(plan.size, 0);
  assert.ok(Object.values(plan.box).every(Number.isFinite));
});
