// Has the plan read and the map painted in a thread of its own.

import { canvases, type Easel, EaselLost, isPainted } from './easel';
import type { Picture } from './painter';
import type { Message, Reply } from './painter.worker';
import type { Drawing, Names } from './plan';
import type { Answer } from './survey';

export class WorkerEasel implements Easel {
  readonly #worker: Worker;
  /** Answers come in the order of the questions. */
  readonly #waiting: { resolve(answer: never): void; reject(error: Error): void }[] = [];
  #element: HTMLElement | undefined;

  constructor(script: string, onLost: () => void) {
    this.#worker = new Worker(script, { type: 'module' });
    this.#worker.onerror = () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new EaselLost());
      if (this.#element) onLost();
    };
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      if ('answer' in data) this.#waiting.shift()!.resolve(data.answer as never);
      else if (this.#element) isPainted(this.#element);
    };
  }

  readDrawing(text: ArrayBuffer): Promise<Answer<Drawing>> {
    return this.#ask({ drawing: text });
  }

  readNames(text: ArrayBuffer): Promise<Answer<Names>> {
    return this.#ask({ names: text });
  }

  show(element: HTMLElement): void {
    this.#element = element;
    const [seats, words] = canvases(element).map((canvas) =>
      canvas.transferControlToOffscreen(),
    ) as [OffscreenCanvas, OffscreenCanvas];
    this.#send({ seats, words }, [seats, words]);
  }

  paint(looks: number[], picture: Picture): void {
    const changed = Uint32Array.from(looks);
    this.#send({ looks: changed, picture }, [changed.buffer]);
  }

  close(): void {
    this.#worker.terminate();
  }

  /** The text is copied and not handed over: where this fails, it is read in the page. */
  #ask<Part>(message: Message): Promise<Answer<Part>> {
    this.#send(message);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #send(message: Message, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
