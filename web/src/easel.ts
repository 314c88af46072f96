// What reads the plan and paints the map: a thread of its own, or the page's.

import type { Picture } from './painter';
import type { Drawing, Names } from './plan';
import type { Answer } from './survey';

export interface Easel {
  /** Reads what is drawn. What has no coordinates is laid out by names that were read before. */
  readDrawing(text: ArrayBuffer): Promise<Answer<Drawing>>;
  /** Reads what seats are called, which is on the map from then on. */
  readNames(text: ArrayBuffer): Promise<Answer<Names>>;
  /** Puts canvases on the page, for what was read. */
  show(element: HTMLElement): void;
  paint(looks: number[], picture: Picture): void;
  close(): void;
}

/** Why there is nothing more from a thread of its own: its script could not be loaded, perhaps. */
export class EaselLost extends Error {}

/** There is a picture on the map: whoever tests the page can wait for it. */
export function isPainted(element: HTMLElement): void {
  element.dataset['painted'] = '';
}

export function canvases(element: HTMLElement): [HTMLCanvasElement, HTMLCanvasElement] {
  const [seats, words] = [document.createElement('canvas'), document.createElement('canvas')];
  element.replaceChildren(seats, words);
  return [seats, words];
}
