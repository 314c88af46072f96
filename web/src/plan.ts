// What never changes about an event's seats: where they are, what they are called, what they cost.
// Seats are numbered in the order of the seat plan, and everything else refers to them by that
// number.
//
// What they are called comes a moment after what is drawn (see survey.ts). Until then nobody can
// ask for a single seat's name: sections are what is pointed at.

import type { EventDetailsFragment } from './generated/operations';

export type SeatNumber = number;
export type Category = EventDetailsFragment['categories'][number];

export interface Row {
  readonly name: string;
  readonly section: Section;
  readonly seats: SeatNumber[];
}

/** A section, as it is drawn. */
export interface DrawnSection {
  readonly name: string;
  readonly seats: Uint32Array;
  readonly box: Box;
  /** The smallest convex outline around its seats, clockwise on the screen. */
  readonly outline: Point[];
  /** Index of the category that most of its seats have. */
  readonly category: number;
}

export interface Section extends DrawnSection {
  readonly index: number;
  /** None until their names are known. */
  readonly rows: Row[];
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

/** What is drawn of a plan: plain data that goes from thread to thread. */
export interface Drawing {
  readonly version: number;
  /** Whether every seat has coordinates of its own. */
  readonly isPlaced: boolean;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Index of each seat's section. */
  readonly section: Uint16Array;
  /** Index of each seat's category. */
  readonly category: Uint8Array;
  readonly categoryIds: readonly string[];
  readonly accessible: Uint8Array;
  readonly sections: readonly DrawnSection[];
  /** From one seat to the next, in the plan's units. */
  readonly pitch: number;
}

/** What its seats are called. */
export interface Names {
  readonly version: number;
  /** Of all seats, with a space between two: one text is handed over faster than thousands. */
  readonly ids: string;
  readonly rows: readonly string[];
  /** Index of each seat's row among `rows`. */
  readonly row: Uint32Array;
  readonly numbers: readonly string[];
  readonly number: Uint32Array;
}

/** What a seat is called. */
export interface SeatNames {
  readonly section: string;
  readonly row: string;
  readonly number: string;
  readonly accessible: boolean;
}

export class Plan {
  readonly version: number;
  readonly size: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly category: Uint8Array;
  readonly accessible: Uint8Array;
  readonly sections: readonly Section[];
  readonly box: Box;
  readonly pitch: number;
  readonly #section: Uint16Array;
  #names: Names | undefined;
  #rows: Row[] = [];
  #ids: string[] | undefined;
  #numbers: Map<string, SeatNumber> | undefined;

  /** @param categories by index; whoever only draws has none */
  constructor(
    { version, x, y, section, category, accessible, sections, pitch }: Drawing,
    readonly categories: readonly Category[],
  ) {
    [this.version, this.size, this.x, this.y] = [version, x.length, x, y];
    [this.category, this.accessible, this.pitch] = [category, accessible, pitch];
    this.#section = section;
    this.sections = sections.map((drawn, index) => ({ ...drawn, index, rows: [] }));
    const around = (edge: keyof Box, most: (...all: number[]) => number) =>
      most(...sections.map(({ box }) => box[edge]));
    this.box =
      this.size === 0
        ? { left: 0, top: 0, right: 1, bottom: 1 }
        : {
            left: around('left', Math.min),
            top: around('top', Math.min),
            right: around('right', Math.max),
            bottom: around('bottom', Math.max),
          };
  }

  /** Whether it is known what seats are called. */
  get isNamed(): boolean {
    return this.#names !== undefined;
  }

  /** Takes note of what seats are called. */
  name(names: Names): void {
    this.#names = names;
    const rows = this.sections.map(() => new Map<number, Row>());
    for (let seat = 0; seat < this.size; seat++) {
      const section = this.sectionOf(seat);
      const ofSection = rows[section.index]!;
      let row = ofSection.get(names.row[seat]!);
      if (!row) {
        row = { name: names.rows[names.row[seat]!]!, section, seats: [] };
        ofSection.set(names.row[seat]!, row);
        section.rows.push(row);
      }
      row.seats.push(seat);
      this.#rows[seat] = row;
    }
  }

  /** The number of the seat with this id, if it is in the plan. */
  numberOf(id: string): SeatNumber | undefined {
    this.#numbers ??= new Map(this.#allIds().map((id, seat) => [id, seat]));
    return this.#numbers.get(id);
  }

  idOf(number: SeatNumber): string {
    return this.#allIds()[number]!;
  }

  seat(number: SeatNumber): SeatNames {
    const { name: row, section } = this.rowOf(number);
    const accessible = this.accessible[number] === 1;
    return { section: section.name, row, number: this.numberIn(number), accessible };
  }

  /** A seat's number within its row, as people know it. */
  numberIn(number: SeatNumber): string {
    return this.#names?.numbers[this.#names.number[number]!] ?? '';
  }

  at(number: SeatNumber): Point {
    return { x: this.x[number]!, y: this.y[number]! };
  }

  rowOf(number: SeatNumber): Row {
    return this.#rows[number]!;
  }

  sectionOf(number: SeatNumber): Section {
    return this.sections[this.#section[number]!]!;
  }

  categoryOf(number: SeatNumber): Category | undefined {
    return this.categories[this.category[number]!];
  }

  #allIds(): string[] {
    const ids = this.#names?.ids;
    return (this.#ids ??= ids ? ids.split(' ') : []);
  }
}
