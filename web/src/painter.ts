// Draws the map: seats and sections, and the words over them. It runs in a worker of its own
// (painter.worker.ts), so that the page answers at once however long a picture takes. Where
// canvases cannot be handed to a worker, it runs in the page.

import type { Canvas } from './canvas';
import { Labels, type Pointed } from './labels';
import type { Names, Plan } from './plan';
import { type Renderer, webglRenderer } from './renderer';
import { Canvas2dRenderer } from './renderer-2d';
import type { PlanColors } from './theme';
import { type Pose, View } from './view';

/** Everything that a picture needs and that may have changed since the last one. */
export interface Picture {
  readonly pose: Pose;
  /** The size of the map in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
  readonly colors: PlanColors;
  /** The section that the mouse is on. */
  readonly highlight: number | null;
  readonly pointed: Pointed;
  /** How many seats of each section are free. */
  readonly free: Uint32Array;
  /** 0 to 1: how strongly seats are drawn that wait for an answer. */
  readonly pulse: number;
}

/** A seat that looks different than before: its number, and its look in the lowest eight bits. */
export type LookChange = number;

export class Painter {
  readonly #renderer: Renderer;
  readonly #labels: Labels;
  readonly #view: View;
  readonly #words: Canvas;
  #last: Picture | undefined;
  #size = '';
  #colors: PlanColors | undefined;

  constructor(
    seats: Canvas,
    words: Canvas,
    private readonly plan: Plan,
  ) {
    const again = () => this.#last && this.paint(this.#last);
    this.#renderer = webglRenderer(seats, plan, again) ?? new Canvas2dRenderer(seats, plan);
    this.#labels = new Labels(words, plan);
    this.#words = words;
    this.#view = new View(plan, () => true);
  }

  /** Takes note of what seats are called, and writes it on them. */
  name(names: Names): void {
    this.plan.name(names);
    this.#renderer.setNames();
    if (this.#last) this.paint(this.#last);
  }

  setLooks(changes: ArrayLike<LookChange>): void {
    for (let i = 0; i < changes.length; i++)
      this.#renderer.setLook(changes[i]! >>> 8, changes[i]! & 255);
  }

  paint(picture: Picture): void {
    this.#last = picture;
    const { pose, width, height, pixelRatio, colors, highlight, pointed, free, pulse } = picture;
    const [deviceWidth, deviceHeight] = [
      Math.max(Math.round(width * pixelRatio), 1),
      Math.max(Math.round(height * pixelRatio), 1),
    ];
    const size = `${deviceWidth} ${deviceHeight}`;
    if (size !== this.#size) {
      this.#size = size;
      this.#renderer.resize(deviceWidth, deviceHeight);
      this.#words.width = deviceWidth;
      this.#words.height = deviceHeight;
    }
    // Each message brings a copy of the colours.
    if (JSON.stringify(colors) !== JSON.stringify(this.#colors))
      this.#renderer.setColors((this.#colors = colors));
    this.#view.show(pose, width, height);
    this.#renderer.draw(this.#view, pixelRatio, highlight, pulse);
    this.#labels.draw(this.#view, pixelRatio, colors, free, pointed);
  }
}
