import assert from 'node:assert/strict';
import test from 'node:test';
import { type Drawing, type Names, Plan } from '../src/plan';
import { type Answer, readDrawing, readNames } from '../src/survey';

interface Seat {
  id: string;
  section: string;
  row: string;
  x: number | null;
  y: number | null;
}

const text = (body: unknown) => new TextEncoder().encode(JSON.stringify(body)).buffer;

function part<Part>(answer: Answer<Part>): Part {
  assert.ok('part' in answer, JSON.stringify(answer));
  return answer.part;
}

function names(seats: Seat[]): Names {
  const called = seats.map(({ id, row }) => ({ id, row, number: '1' }));
  return part(readNames(text({ data: { seatPlan: { version: 1, seats: called } } })));
}

function drawing(seats: Seat[], known?: Names): Drawing {
  const drawn = seats.map(({ section, x, y }) => ({
    section,
    categoryId: 'c',
    accessible: false,
    x,
    y,
  }));
  return part(readDrawing(text({ data: { seatPlan: { version: 1, seats: drawn } } }), known));
}

function planOf(seats: Seat[]): Plan {
  const plan = new Plan(drawing(seats), []);
  plan.name(names(seats));
  return plan;
}

test('sections, rows and the distance between seats come from the seats', () => {
  const seats = [0, 1, 2].flatMap((x) => [
    { id: `a${x}`, section: 'A', row: '1', x: x * 0.5, y: 0 },
    { id: `b${x}`, section: 'A', row: '2', x: x * 0.5, y: 1 },
  ]);
  const plan = planOf(seats.sort((a, b) => a.id.localeCompare(b.id)));
  assert.equal(plan.pitch, 0.5);
  const [section] = plan.sections;
  assert.deepEqual(
    section?.rows.map(({ name, seats }) => [name, seats]),
    [
      ['1', [0, 1, 2]],
      ['2', [3, 4, 5]],
    ],
  );
  assert.equal(plan.rowOf(3).section, section);
  assert.equal(section?.outline.length, 4);
  assert.deepEqual([plan.numberOf('b1'), plan.idOf(4), plan.numberOf('x')], [4, 'b1', undefined]);
});

test('rows of one name in two sections are two rows', () => {
  const seats = ['A', 'B', 'A'].map((section, x) => ({
    id: `${x}`,
    section,
    row: '1',
    x,
    y: 0,
  }));
  const plan = planOf(seats);
  assert.deepEqual(
    plan.sections.map(({ rows }) => rows.map(({ seats }) => seats)),
    [[[0, 2]], [[1]]],
  );
});

test('a plan without coordinates is laid out so that no two seats are in one place', () => {
  const seats = Array.from({ length: 60 }, (_, i) => ({
    id: `s${i}`,
    section: `${i % 3}`,
    row: `${i % 4}`,
    x: null,
    y: null,
  }));
  assert.equal(drawing(seats).isPlaced, false);
  const plan = new Plan(drawing(seats, names(seats)), []);
  const places = new Set(seats.map((_, i) => JSON.stringify(plan.at(i))));
  assert.equal(places.size, 60);
  const rows = [...plan.sections[0]!.seats].map((seat) => plan.at(seat).y);
  assert.equal(new Set(rows).size, 4, 'in rows');
  assert.ok(Object.values(plan.box).every(Number.isFinite));
});

test('an event without seats has an empty plan, and numbers that can be drawn with', () => {
  const plan = planOf([]);
  assert.equal(plan.size, 0);
  assert.ok(Object.values(plan.box).every(Number.isFinite));
  assert.ok(Number.isFinite(plan.pitch));
});

test('no plan, a fault and what is none of ours are told apart', () => {
  assert.deepEqual(readDrawing(text({ data: { seatPlan: null } })), { missing: true });
  const errors = [{ message: 'busy', extensions: { code: 'OVERLOADED' } }];
  assert.deepEqual(readNames(text({ data: { seatPlan: null }, errors })), { errors });
  const page = new TextEncoder().encode('<html>').buffer;
  assert.deepEqual(readDrawing(page), { errors: [] });
});
