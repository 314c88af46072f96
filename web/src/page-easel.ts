// Reads the plan and paints the map in the page itself.

import { canvases, type Easel, isPainted } from './easel';
import { Painter, type Picture } from './painter';
import { type Drawing, type Names, Plan } from './plan';
import { type Answer, readDrawing, readNames } from './survey';

export class PageEasel implements Easel {
  #drawing: Drawing | undefined;
  #names: Names | undefined;
  #element: HTMLElement | undefined;
  #painter: Painter | undefined;

  async readDrawing(text: ArrayBuffer): Promise<Answer<Drawing>> {
    const answer = readDrawing(text, this.#names);
    if ('part' in answer) this.#drawing = answer.part;
    return answer;
  }

  async readNames(text: ArrayBuffer): Promise<Answer<Names>> {
    const answer = readNames(text);
    if ('part' in answer) this.#name(answer.part);
    return answer;
  }

  /** Takes over what another easel has read. */
  take(drawing: Drawing, names: Names | undefined): void {
    this.#drawing = drawing;
    if (names) this.#name(names);
  }

  show(element: HTMLElement): void {
    this.#element = element;
    const [seats, words] = canvases(element);
    this.#painter = new Painter(seats, words, new Plan(this.#drawing!, []));
    if (this.#names) this.#painter.name(this.#names);
  }

  paint(looks: number[], picture: Picture): void {
    this.#painter!.setLooks(looks);
    this.#painter!.paint(picture);
    isPainted(this.#element!);
  }

  close(): void {
    // There is nothing that goes on by itself.
  }

  #name(names: Names): void {
    this.#names = names;
    this.#painter?.name(names);
  }
}
