// The painter's own thread. It reads the plan, whose texts are long, and paints. Messages bring
// what has changed; the latest is painted once a frame.

import { Painter, type Picture } from './painter';
import { type Drawing, type Names, Plan } from './plan';
import { type Answer, readDrawing, readNames } from './survey';

export type Message =
  /** What is drawn of the plan, as the API sends it. */
  | { readonly drawing: ArrayBuffer }
  /** What its seats are called. */
  | { readonly names: ArrayBuffer }
  | { readonly seats: OffscreenCanvas; readonly words: OffscreenCanvas }
  | { readonly looks: Uint32Array; readonly picture: Picture };

export type Reply = { readonly answer: Answer<Drawing | Names> } | { readonly isPainted: true };

let drawing: Drawing | undefined;
let names: Names | undefined;
let painter: Painter | undefined;
let latest: Picture | undefined;
let isAsked = false;
/** Whether the page knows that there is a picture. */
let isSeen = false;

const reply = (message: Reply) => postMessage(message);

onmessage = ({ data }: MessageEvent<Message>) => {
  if ('drawing' in data) {
    const answer = readDrawing(data.drawing, names);
    if ('part' in answer) drawing = answer.part;
    reply({ answer });
  } else if ('names' in data) {
    const answer = readNames(data.names);
    if ('part' in answer) names = answer.part;
    reply({ answer });
    if (names) painter?.name(names);
  } else if ('seats' in data) {
    painter = new Painter(data.seats, data.words, new Plan(drawing!, []));
    if (names) painter.name(names);
  } else {
    painter?.setLooks(data.looks);
    latest = data.picture;
    if (!isAsked) requestAnimationFrame(paint);
    isAsked = true;
  }
};

function paint(): void {
  isAsked = false;
  if (latest) painter?.paint(latest);
  if (!isSeen) reply({ isPainted: true });
  isSeen = true;
}
