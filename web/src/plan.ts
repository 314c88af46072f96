// What never changes about an event's seats: where they are, what they are called, what they cost.
// Seats are numbered in the order of the seat plan, and everything else refers to them by that
// number.

import type { EventDetailsFragment, SeatMapQuery } from './generated/operations';

export type SeatNumber = number;
export type WholeMap = NonNullable<SeatMapQuery['seatMap']>;
export type MapSeat = WholeMap['seats'][number];
export type Category = EventDetailsFragment['categories'][number];

export interface Row {
  readonly name: string;
  readonly section: Section;
  readonly seats: SeatNumber[];
}

export interface Section {
  readonly index: number;
  readonly name: string;
  readonly rows: Row[];
  readonly seats: SeatNumber[];
  readonly box: Box;
  /** The smallest convex outline around its seats, clockwise on the screen. */
  readonly outline: Point[];
  /** Index of the category that most of its seats have. */
  readonly category: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export class Plan {
  readonly size: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly category: Uint8Array;
  readonly sections: Section[] = [];
  readonly box: Box;
  /** From one seat to the next, in the plan's units. */
  readonly pitch: number;
  readonly #numbers = new Map<string, SeatNumber>();
  readonly #rows: Row[] = [];

  constructor(
    readonly seats: readonly MapSeat[],
    readonly categories: readonly Category[],
  ) {
    this.size = seats.length;
    [this.x, this.y] = coordinates(seats);
    this.category = new Uint8Array(this.size);
    const indexOfCategory = new Map(categories.map(({ id }, index) => [id, index]));
    const sections = new Map<
      string,
      { section: Section; rows: Map<string, Row>; counts: Map<number, number> }
    >();
    seats.forEach((seat, number) => {
      this.#numbers.set(seat.id, number);
      const category = indexOfCategory.get(seat.category.id) ?? 0;
      this.category[number] = category;
      let entry = sections.get(seat.section);
      if (!entry) {
        const section = {
          index: sections.size,
          name: seat.section,
          rows: [],
          seats: [],
          box: emptyBox(),
          outline: [],
          category,
        };
        sections.set(seat.section, (entry = { section, rows: new Map(), counts: new Map() }));
      }
      const { section, rows, counts } = entry;
      let row = rows.get(seat.row);
      if (!row) {
        rows.set(seat.row, (row = { name: seat.row, section, seats: [] }));
        section.rows.push(row);
      }
      row.seats.push(number);
      section.seats.push(number);
      stretch(section.box, this.at(number));
      counts.set(category, (counts.get(category) ?? 0) + 1);
      this.#rows.push(row);
    });
    this.box = emptyBox();
    for (const { section, counts } of sections.values()) {
      const [category] = [...counts].reduce((most, next) => (next[1] > most[1] ? next : most));
      this.sections.push({
        ...section,
        category,
        outline: convexHull(section.seats.map((seat) => this.at(seat))),
      });
      stretch(this.box, { x: section.box.left, y: section.box.top });
      stretch(this.box, { x: section.box.right, y: section.box.bottom });
    }
    if (this.size === 0) this.box = { left: 0, top: 0, right: 1, bottom: 1 };
    // Rows were made with the sections as they were then; what is asked of a row's section must be
    // the finished one.
    for (const section of this.sections)
      for (const row of section.rows) (row as { section: Section }).section = section;
    this.pitch = pitchOf(this);
  }

  /** The number of the seat with this id, if it is in the plan. */
  numberOf(id: string): SeatNumber | undefined {
    return this.#numbers.get(id);
  }

  seat(number: SeatNumber): MapSeat {
    return this.seats[number]!;
  }

  at(number: SeatNumber): Point {
    return { x: this.x[number]!, y: this.y[number]! };
  }

  rowOf(number: SeatNumber): Row {
    return this.#rows[number]!;
  }

  sectionOf(number: SeatNumber): Section {
    return this.rowOf(number).section;
  }

  categoryOf(number: SeatNumber): Category | undefined {
    return this.categories[this.category[number]!];
  }
}

/** Coordinates for all seats. Without them, sections are blocks of rows, side by side. */
function coordinates(seats: readonly MapSeat[]): [Float32Array, Float32Array] {
  const x = new Float32Array(seats.length);
  const y = new Float32Array(seats.length);
  const placed = emptyBox();
  for (const seat of seats)
    if (seat.x !== null && seat.y !== null) stretch(placed, { x: seat.x, y: seat.y });
  const isPlaced = placed.left <= placed.right;
  // Seats without coordinates go below those that have one.
  const blocks = new Blocks(isPlaced ? placed.left : 0, isPlaced ? placed.bottom + 3 : 0, seats);
  seats.forEach((seat, number) => {
    const at = seat.x !== null && seat.y !== null ? { x: seat.x, y: seat.y } : blocks.place(seat);
    x[number] = at.x;
    y[number] = at.y;
  });
  return [x, y];
}

/** Lays out seats that have no coordinates: a block for each section, several blocks to a line. */
class Blocks {
  readonly #left: number;
  readonly #width: number;
  readonly #sections = new Map<
    string,
    { left: number; top: number; rows: Map<string, { y: number; next: number }> }
  >();

  constructor(left: number, top: number, seats: readonly MapSeat[]) {
    this.#left = left;
    const sizes = new Map<string, Map<string, number>>();
    for (const { section, row, x, y } of seats) {
      if (x !== null && y !== null) continue;
      const rows = sizes.get(section) ?? new Map<string, number>();
      sizes.set(section, rows.set(row, (rows.get(row) ?? 0) + 1));
    }
    this.#width = Math.ceil(Math.sqrt(seats.length) * 1.6);
    let [x, y, height] = [0, top, 0];
    for (const [name, rows] of sizes) {
      const width = Math.max(...rows.values());
      if (x > 0 && x + width > this.#width) [x, y, height] = [0, y + height + 3, 0];
      this.#sections.set(name, { left: this.#left + x, top: y, rows: new Map() });
      x += width + 3;
      height = Math.max(height, rows.size);
    }
  }

  place({ section, row }: MapSeat): Point {
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
 * How far most seats are from the next in their row: the lower quartile, so stairs do not count.
 */
function pitchOf(plan: Plan): number {
  const steps: number[] = [];
  for (const section of plan.sections) {
    for (const { seats } of section.rows) {
      for (let i = 1; i < seats.length; i++) {
        const [a, b] = [plan.at(seats[i - 1]!), plan.at(seats[i]!)];
        const step = Math.hypot(b.x - a.x, b.y - a.y);
        if (step > 0) steps.push(step);
      }
    }
  }
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 2] ?? 1;
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
