// What the map is painted on: canvases of a thread of their own, or of the page.

import { Painter, type Picture } from './painter';
import type { News, Opening } from './painter.worker';
import type { Plan } from './plan';

/** What the map is painted on. */
export interface Easel {
  paint(looks: number[], picture: Picture): void;
  close(): void;
}

/** In a thread of its own, if the browser can; so that the page has its own for itself. */
export function easel(element: HTMLElement, plan: Plan, onFailure: () => void): Easel {
  const script = document.querySelector<HTMLLinkElement>('link[rel=worker][title=painter]')?.href;
  if (!script || !('transferControlToOffscreen' in HTMLCanvasElement.prototype))
    return easelHere(element, plan);
  const worker = new Worker(script, { type: 'module' });
  worker.onerror = onFailure;
  worker.onmessage = () => isPainted(element);
  const [seats, words] = canvases(element).map((canvas) => canvas.transferControlToOffscreen()) as [
    OffscreenCanvas,
    OffscreenCanvas,
  ];
  const opening: Opening = {
    seats,
    words,
    plan: { seats: plan.seats, categories: plan.categories },
  };
  worker.postMessage(opening, [seats, words]);
  return {
    paint: (looks, picture) => {
      const news: News = { looks: Uint32Array.from(looks), picture };
      worker.postMessage(news, [news.looks.buffer]);
    },
    close: () => worker.terminate(),
  };
}

export function easelHere(element: HTMLElement, plan: Plan): Easel {
  const [seats, words] = canvases(element);
  const painter = new Painter(seats, words, plan);
  return {
    paint: (looks, picture) => {
      painter.setLooks(looks);
      painter.paint(picture);
      isPainted(element);
    },
    close: () => {},
  };
}

/** There is a picture on the map: whoever tests the page can wait for it. */
function isPainted(element: HTMLElement): void {
  element.dataset['painted'] = '';
}

function canvases(element: HTMLElement): [HTMLCanvasElement, HTMLCanvasElement] {
  const [seats, words] = [document.createElement('canvas'), document.createElement('canvas')];
  element.replaceChildren(seats, words);
  return [seats, words];
}
