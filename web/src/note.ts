// Where an explanation stands on the map.

import type { Note } from './booking';
import type { Plan } from './plan';
import type { View } from './view';

/** What the zoom buttons take at the right of the map. */
const ZOOM_PX = 64;

/** Shows a note at its seat, or hides it where there is none. */
export function placeNote(
  note: Note | null,
  element: HTMLElement,
  map: HTMLElement,
  view: View,
  plan: Plan,
): void {
  element.hidden = note === null;
  if (!note) return;
  element.classList.toggle('refusal', note.kind === 'refusal');
  if (element.textContent !== note.text) element.textContent = note.text;
  const { width, height } = map.getBoundingClientRect();
  const at = note.seat === null ? null : view.toScreen(plan.at(note.seat));
  const isSeen =
    at !== null && view.showsSeats && at.x > 0 && at.y > 0 && at.x < width && at.y < height;
  element.classList.toggle('anchored', isSeen);
  const [w, h] = [element.offsetWidth, element.offsetHeight];
  // Above its seat; below where there is no room; at the bottom of the map for what is elsewhere.
  const gap = view.seatPx * 0.6 + 12;
  const isBelow = isSeen && at.y - gap - h < 4;
  element.classList.toggle('below', isBelow);
  const x = isSeen
    ? Math.min(Math.max(at.x - w / 2, 8), Math.max(width - w - 8, 8))
    : // Beside the zoom buttons, which are in the corner.
      Math.max(Math.min((width - w) / 2, width - w - ZOOM_PX), 8);
  const y = isSeen ? (isBelow ? at.y + gap : at.y - gap - h) : height - h - 20;
  element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  if (isSeen)
    element.style.setProperty(
      '--arrow',
      `${Math.round(Math.min(Math.max(at.x - x, 14), w - 14))}px`,
    );
}
