// The words on the map: names of sections, rows when they are near, and rings around what the
// keyboard or the mouse points at. A thin 2D canvas over the seats.

import type { Canvas, Pen } from './canvas';
import type { Plan, SeatNumber, Section } from './plan';
import { css, type MapColors } from './theme';
import type { View } from './view';

/** Rows are named where seats are at least this large, in pixels. */
const ROWS_FROM_PX = 11;

const FONT = 'system-ui, sans-serif';

export interface Pointed {
  hover: SeatNumber | null;
  /** The keyboard's seat on the map. */
  cursor: { section: number; seat: SeatNumber | null } | null;
}

export class Labels {
  readonly #pen: Pen | null;
  readonly #middles: { x: number; y: number; width: number; height: number }[];

  constructor(
    canvas: Canvas,
    private readonly plan: Plan,
  ) {
    this.#pen = canvas.getContext('2d') as Pen | null;
    const mean = (seats: Uint32Array, of: Float32Array) =>
      seats.reduce((sum, seat) => sum + of[seat]!, 0) / seats.length;
    this.#middles = plan.sections.map(({ box, seats }) => ({
      x: mean(seats, plan.x),
      y: mean(seats, plan.y),
      width: box.right - box.left,
      height: box.bottom - box.top,
    }));
  }

  draw(
    view: View,
    pixelRatio: number,
    colors: MapColors,
    free: Uint32Array,
    pointed: Pointed,
  ): void {
    const pen = this.#pen;
    if (!pen) return;
    pen.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    pen.clearRect(0, 0, view.width, view.height);
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.lineJoin = 'round';
    this.#drawNames(pen, view, colors, free);
    if (view.seatPx >= ROWS_FROM_PX) this.#drawRows(pen, view, colors);
    this.#drawPointed(pen, view, colors, pointed);
  }

  #drawNames(pen: Pen, view: View, colors: MapColors, all: Uint32Array): void {
    // From afar the name lies on its section; from near it would hide seats, and stands above it.
    const isNear = view.showsSeats;
    const { scale } = view.pose;
    for (const { index, name, box } of this.plan.sections) {
      const { x, y, width, height } = this.#middles[index]!;
      const size = isNear ? 14 : Math.min(Math.max(Math.min(width, height) * scale * 0.25, 9), 16);
      // Names that do not fit would only hide the seats.
      if (!isNear && (width * scale < size * 1.4 || height * scale < size)) continue;
      const at = view.toScreen(isNear ? { x: (box.left + box.right) / 2, y: box.top } : { x, y });
      if (isNear) at.y -= view.seatPx * 0.9 + 12;
      if (at.x < -60 || at.y < -20 || at.x > view.width + 60 || at.y > view.height + 20) continue;
      this.#write(
        pen,
        isNear ? `Section ${name}` : name,
        at.x,
        at.y,
        `650 ${size}px ${FONT}`,
        colors,
      );
      if (!isNear && height * scale > 120 && width * scale > 120) {
        const free = all[index]!;
        this.#write(
          pen,
          free === 0 ? 'full' : `${free} free`,
          at.x,
          at.y + size,
          `500 11px ${FONT}`,
          colors,
        );
      }
    }
  }

  #drawRows(pen: Pen, view: View, colors: MapColors): void {
    const size = Math.min(view.seatPx * 0.55, 14);
    pen.font = `600 ${size}px ${FONT}`;
    pen.fillStyle = css(colors.text, 0.75);
    for (const section of this.plan.sections) {
      if (!isOnScreen(view, section)) continue;
      for (const { name, seats } of section.rows) {
        const ends = [
          [seats[0]!, seats[1]],
          [seats[seats.length - 1]!, seats[seats.length - 2]],
        ] as const;
        for (const [seat, next] of ends) {
          if (next === undefined) continue;
          const [a, b] = [this.plan.at(seat), this.plan.at(next)];
          const at = view.toScreen({ x: a.x + (a.x - b.x) * 0.95, y: a.y + (a.y - b.y) * 0.95 });
          pen.fillText(name, at.x, at.y);
        }
      }
    }
  }

  #drawPointed(pen: Pen, view: View, colors: MapColors, { hover, cursor }: Pointed): void {
    const ring = (seat: SeatNumber, width: number) => {
      const { x, y } = view.toScreen(this.plan.at(seat));
      const radius = Math.max(view.seatPx * 0.6, 7);
      for (const [color, extra] of [
        [colors.ground, 2.5],
        [colors.focus, 0],
      ] as const) {
        pen.strokeStyle = css(color);
        pen.lineWidth = width + extra;
        pen.beginPath();
        pen.arc(x, y, radius, 0, 2 * Math.PI);
        pen.stroke();
      }
    };
    if (hover !== null) ring(hover, 2);
    if (!cursor) return;
    if (cursor.seat !== null && view.showsSeats) return ring(cursor.seat, 3.5);
    for (const [color, width] of [
      [colors.ground, 6],
      [colors.focus, 3],
    ] as const) {
      pen.strokeStyle = css(color);
      pen.lineWidth = width;
      pen.beginPath();
      for (const corner of this.plan.sections[cursor.section]!.outline) {
        const { x, y } = view.toScreen(corner);
        pen.lineTo(x, y);
      }
      pen.closePath();
      pen.stroke();
    }
  }

  #write(pen: Pen, text: string, x: number, y: number, font: string, colors: MapColors): void {
    pen.font = font;
    pen.lineWidth = 4;
    pen.strokeStyle = css(colors.section, 0.85);
    pen.strokeText(text, x, y);
    pen.fillStyle = css(colors.text);
    pen.fillText(text, x, y);
  }
}

function isOnScreen(view: View, { box }: Section): boolean {
  const [a, b] = [
    view.toScreen({ x: box.left, y: box.top }),
    view.toScreen({ x: box.right, y: box.bottom }),
  ];
  return b.x > 0 && b.y > 0 && a.x < view.width && a.y < view.height;
}
