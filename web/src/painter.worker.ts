// The painter's own thread. Messages bring what has changed; the latest is painted once a frame.

import { Painter, type Picture } from './painter';
import { type Category, type MapSeat, Plan } from './plan';

/** The first message. */
export interface Opening {
  readonly seats: OffscreenCanvas;
  readonly words: OffscreenCanvas;
  readonly plan: { seats: readonly MapSeat[]; categories: readonly Category[] };
}

/** Every further one. */
export interface News {
  readonly looks: Uint32Array;
  readonly picture: Picture;
}

let painter: Painter | undefined;
let latest: Picture | undefined;
let isAsked = false;
/** Whether the page knows that there is a picture. */
let isSeen = false;

onmessage = ({ data }: MessageEvent<Opening | News>) => {
  if ('plan' in data) {
    painter = new Painter(data.seats, data.words, new Plan(data.plan.seats, data.plan.categories));
    return;
  }
  painter?.setLooks(data.looks);
  latest = data.picture;
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    if (latest) painter?.paint(latest);
    if (!isSeen) postMessage('painted');
    isSeen = true;
  });
};
