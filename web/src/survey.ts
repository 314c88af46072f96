// Makes of the API's answers what the page knows of a plan. It runs in the painter's thread where
// there is one: an answer has megabytes, and none of its objects leaves that thread. What comes out
// is a few arrays of numbers, and a few long texts.
//
// A plan comes in two parts: what is drawn of it, and what its seats are called. The map is there
// with the first, which is less than half.

import type { GraphQLFault } from './api';
import type { PlanDrawingQuery, PlanNamesQuery } from './generated/operations';
import type { Box, DrawnSection, Drawing, Names, Point } from './plan';

type DrawnSeat = NonNullable<PlanDrawingQuery['seatPlan']>['seats'][number];

export type Answer<Part> =
  | { readonly part: Part }
  /** There is no such event. */
  | { readonly missing: true }
  /** Not in this version, or not at all; without an error it is none of ours. */
  | { readonly errors: readonly GraphQLFault[] };

interface Body<Data> {
  data?: Data | null;
  errors?: GraphQLFault[];
}

function read<Data, Part>(text: ArrayBuffer, part: (data: Data) => Part | null): Answer<Part> {
  let body: Body<Data>;
  try {
    body = JSON.parse(new TextDecoder().decode(text)) as Body<Data>;
  } catch {
    // A proxy's page.
    return { errors: [] };
  }
  if (body.errors?.length || !body.data) return { errors: body.errors ?? [] };
  const found = part(body.data);
  return found === null ? { missing: true } : { part: found };
}

export function readNames(text: ArrayBuffer): Answer<Names> {
  return read(text, ({ seatPlan }: PlanNamesQuery) => {
    if (!seatPlan) return null;
    const { version, seats } = seatPlan;
    const rows = new Lexicon(seats.length);
    const numbers = new Lexicon(seats.length);
    seats.forEach(({ row, number }, seat) => {
      rows.put(seat, row);
      numbers.put(seat, number);
    });
    const ids = seats.map(({ id }) => id).join(' ');
    return {
      version,
      ids,
      rows: rows.words,
      row: rows.at,
      numbers: numbers.words,
      number: numbers.at,
    };
  });
}

/** @param names for seats that have no coordinates: they are laid out by their rows */
export function readDrawing(text: ArrayBuffer, names?: Names): Answer<Drawing> {
  return read(text, ({ seatPlan }: PlanDrawingQuery) => {
    if (!seatPlan) return null;
    const { version, seats } = seatPlan;
    const categories = new Lexicon(seats.length);
    const sections = new Lexicon(seats.length);
    const accessible = new Uint8Array(seats.length);
    seats.forEach((seat, number) => {
      categories.put(number, seat.categoryId);
      sections.put(number, seat.section);
      accessible[number] = Number(seat.accessible);
    });
    const isPlaced = seats.every(({ x, y }) => x !== null && y !== null);
    const [x, y] = coordinates(seats, sections.at, isPlaced ? undefined : names);
    return {
      version,
      isPlaced,
      x,
      y,
      section: Uint16Array.from(sections.at),
      category: Uint8Array.from(categories.at),
      categoryIds: categories.words,
      accessible,
      sections: sectionsOf(sections, categories.at, x, y),
      pitch: pitchOf(sections.at, x, y),
    };
  });
}

/** Words of which many are the same: each once, and which of them is where. */
class Lexicon {
  readonly words: string[] = [];
  readonly at: Uint32Array<ArrayBuffer>;
  readonly #numbers = new Map<string, number>();

  constructor(size: number) {
    this.at = new Uint32Array(size);
  }

  put(index: number, word: string): void {
    let number = this.#numbers.get(word);
    if (number === undefined) this.#numbers.set(word, (number = this.words.push(word) - 1));
    this.at[index] = number;
  }
}

function sectionsOf(
  { words, at }: Lexicon,
  category: Uint32Array,
  x: Float32Array,
  y: Float32Array,
): DrawnSection[] {
  const seats = words.map((): number[] => []);
  at.forEach((section, seat) => seats[section]!.push(seat));
  return words.map((name, index) => {
    const counts = new Map<number, number>();
    const points: Point[] = [];
    const box = emptyBox();
    for (const seat of seats[index]!) {
      const point = { x: x[seat]!, y: y[seat]! };
      points.push(point);
      stretch(box, point);
      counts.set(category[seat]!, (counts.get(category[seat]!) ?? 0) + 1);
    }
    const [most] = [...counts].reduce((most, next) => (next[1] > most[1] ? next : most));
    return {
      name,
      seats: Uint32Array.from(seats[index]!),
      box,
      outline: convexHull(points),
      category: most,
    };
  });
}

/** Coordinates for all seats. Without them, sections are blocks of rows, side by side. */
function coordinates(
  seats: readonly DrawnSeat[],
  sections: Uint32Array,
  names: Names | undefined,
): [Float32Array, Float32Array] {
  const x = new Float32Array(seats.length);
  const y = new Float32Array(seats.length);
  const placed = emptyBox();
  const isPlaced = (seat: DrawnSeat) => seat.x !== null && seat.y !== null;
  for (const seat of seats) if (isPlaced(seat)) stretch(placed, { x: seat.x!, y: seat.y! });
  const hasAny = placed.left <= placed.right;
  const unplaced = seats.flatMap((seat, number) =>
    isPlaced(seat) ? [] : { section: sections[number]!, row: names?.row[number] ?? 0 },
  );
  // Seats without coordinates go below those that have one.
  const blocks = new Blocks(hasAny ? placed.left : 0, hasAny ? placed.bottom + 3 : 0, unplaced);
  let next = 0;
  seats.forEach((seat, number) => {
    const at = isPlaced(seat) ? { x: seat.x!, y: seat.y! } : blocks.place(unplaced[next++]!);
    x[number] = at.x;
    y[number] = at.y;
  });
  return [x, y];
}

interface Unplaced {
  readonly section: number;
  readonly row: number;
}

/** Lays out seats that have no coordinates: a block for each section, several blocks to a line. */
class Blocks {
  readonly #sections = new Map<
    number,
    { left: number; top: number; rows: Map<number, { y: number; next: number }> }
  >();

  constructor(left: number, top: number, seats: readonly Unplaced[]) {
    const sizes = new Map<number, Map<number, number>>();
    for (const { section, row } of seats) {
      const rows = sizes.get(section) ?? new Map<number, number>();
      sizes.set(section, rows.set(row, (rows.get(row) ?? 0) + 1));
    }
    const lineWidth = Math.ceil(Math.sqrt(seats.length) * 1.6);
    let [x, y, height] = [0, top, 0];
    for (const [section, rows] of sizes) {
      const width = Math.max(...rows.values());
      if (x > 0 && x + width > lineWidth) [x, y, height] = [0, y + height + 3, 0];
      this.#sections.set(section, { left: left + x, top: y, rows: new Map() });
      x += width + 3;
      height = Math.max(height, rows.size);
    }
  }

  place({ section, row }: Unplaced): Point {
    const block = this.#sections.get(section)!;
    let line = block.rows.get(row);
    if (!line) block.rows.set(row, (line = { y: block.top + block.rows.size, next: 0 }));
    return { x: block.left + line.next++, y: line.y };
  }
}

export function emptyBox(): Box {
  return { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
}

function stretch(box: Box, { x, y }: Point): void {
  box.left = Math.min(box.left, x);
  box.right = Math.max(box.right, x);
  box.top = Math.min(box.top, y);
  box.bottom = Math.max(box.bottom, y);
}

/**
 * How far most seats are from the next one in their section: the lower quartile, so that stairs and
 * the ends of rows do not count.
 */
function pitchOf(sections: Uint32Array, x: Float32Array, y: Float32Array): number {
  const last = new Map<number, number>();
  const steps = new Float32Array(sections.length);
  let count = 0;
  sections.forEach((section, seat) => {
    const before = last.get(section);
    last.set(section, seat);
    if (before === undefined) return;
    const step = Math.hypot(x[seat]! - x[before]!, y[seat]! - y[before]!);
    if (step > 0) steps[count++] = step;
  });
  return steps.subarray(0, count).sort()[count >> 2] ?? 1;
}

/** Andrew's monotone chain. */
function convexHull(points: Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (all: Point[]) => {
    const chain: Point[] = [];
    for (const point of all) {
      while (
        chain.length > 1 &&
        turn(chain[chain.length - 2]!, chain[chain.length - 1]!, point) <= 0
      )
        chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return sorted.length < 2 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}
