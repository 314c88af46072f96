// Draws what renderer.ts draws, where there is no WebGL 2: with a 2D canvas, seat by seat. Slower,
// and the same shapes.

import type { Canvas, Pen } from './canvas';
import { CLOSED, DIMMED, MINE, STATUS_MASK, WAITING } from './look';
import type { Plan, SeatNumber } from './plan';
import type { Renderer } from './renderer';
import { FREE, HELD } from './state';
import { css, type PlanColors } from './theme';
import type { View } from './view';

export class Canvas2dRenderer implements Renderer {
  readonly #pen: Pen | null;
  readonly #looks: Uint8Array;
  #colors: PlanColors | undefined;
  #palette: string[] = [];

  constructor(
    private readonly canvas: Canvas,
    private readonly plan: Plan,
  ) {
    this.#pen = canvas.getContext('2d') as Pen | null;
    this.#looks = new Uint8Array(plan.size);
  }

  setColors(colors: PlanColors): void {
    this.#colors = colors;
    this.#palette = colors.categories.map((color) => css(color));
  }

  setNames(): void {
    // Numbers are not drawn here.
  }

  setLook(seat: SeatNumber, look: number): void {
    this.#looks[seat] = look;
  }

  resize(width: number, height: number): void {
    this.canvas.width = width;
    this.canvas.height = height;
  }

  draw(view: View, pixelRatio: number, highlight: number | null, pulse: number): void {
    const pen = this.#pen;
    const colors = this.#colors;
    if (!pen || !colors) return;
    pen.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    pen.clearRect(0, 0, view.width, view.height);
    this.#drawSections(pen, colors, view, highlight);
    // Those of one colour and shape together: changing the pen costs more than drawing.
    const groups = new Map<number, SeatNumber[]>();
    const s = view.seatPx;
    for (let seat = 0; seat < this.plan.size; seat++) {
      const { x, y } = view.toScreen(this.plan.at(seat));
      if (x < -s || y < -s || x > view.width + s || y > view.height + s) continue;
      const key = this.#looks[seat]! | (this.plan.category[seat]! << 8);
      const group = groups.get(key);
      if (group) group.push(seat);
      else groups.set(key, [seat]);
    }
    // What is mine comes last, on top.
    const keys = [...groups.keys()].sort((a, b) => (a & MINE) - (b & MINE));
    for (const key of keys)
      this.#drawGroup(pen, colors, view, key & 255, key >> 8, groups.get(key)!, pulse);
    pen.globalAlpha = 1;
  }

  #drawSections(pen: Pen, colors: PlanColors, view: View, highlight: number | null): void {
    pen.lineJoin = 'round';
    pen.lineWidth = view.seatPx * 1.8;
    for (const { outline, index } of this.plan.sections) {
      pen.fillStyle = pen.strokeStyle =
        index === highlight ? css(colors.sold, 0.5) : css(colors.section);
      pen.beginPath();
      for (const corner of outline) {
        const { x, y } = view.toScreen(corner);
        pen.lineTo(x, y);
      }
      pen.closePath();
      pen.fill();
      pen.stroke();
    }
  }

  #drawGroup(
    pen: Pen,
    colors: PlanColors,
    view: View,
    look: number,
    category: number,
    seats: SeatNumber[],
    pulse: number,
  ): void {
    const s = view.seatPx;
    const status = look & STATUS_MASK;
    const isMine = (look & MINE) !== 0;
    const isSmall = s < 6;
    pen.globalAlpha =
      (look & DIMMED) !== 0 && !isMine ? 0.16 : (look & WAITING) !== 0 ? 0.35 + 0.45 * pulse : 1;
    pen.beginPath();
    for (const seat of seats) {
      const { x, y } = view.toScreen(this.plan.at(seat));
      const circle = (radius: number) => {
        pen.moveTo(x + radius, y);
        pen.arc(x, y, radius, 0, 2 * Math.PI);
      };
      if (isMine) {
        const half = Math.max(s * 0.48, 4.5);
        pen.rect(x - half, y - half, 2 * half, 2 * half);
      } else if ((look & CLOSED) !== 0) circle(Math.max(s * 0.09, 0.4));
      else if (status === FREE && this.plan.accessible[seat] === 1)
        pen.rect(x - s * 0.42, y - s * 0.42, s * 0.84, s * 0.84);
      else if (status === FREE) circle(s * 0.44);
      else if (status === HELD) circle(s * 0.31);
      else {
        const arm = s * 0.17;
        pen.moveTo(x - arm, y - arm);
        pen.lineTo(x + arm, y + arm);
        pen.moveTo(x - arm, y + arm);
        pen.lineTo(x + arm, y - arm);
      }
    }
    const ofCategory = this.#palette[category] ?? css(colors.sold);
    if (isMine) {
      pen.fillStyle = css(colors.mine);
      pen.fill();
    } else if (status === FREE && (look & CLOSED) === 0) {
      pen.fillStyle = ofCategory;
      pen.fill();
    } else if (status === HELD) {
      if (isSmall) pen.globalAlpha *= 0.6;
      pen.strokeStyle = ofCategory;
      pen.lineWidth = Math.max(s * 0.14, 0.8);
      pen.stroke();
    } else {
      pen.strokeStyle = pen.fillStyle = css(colors.sold);
      pen.lineWidth = Math.max(s * 0.09, 0.6);
      pen.stroke();
    }
  }
}
