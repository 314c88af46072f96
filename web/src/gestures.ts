// What hands do to the map: drag, pinch, wheel and click become pans, zooms and taps.

import type { Point } from './plan';

export interface Gestures {
  pan(dx: number, dy: number): void;
  zoom(at: Point, factor: number): void;
  /** A click, or a touch that did not move. */
  tap(at: Point, isTouch: boolean): void;
  doubleTap(at: Point): void;
  /** Where the mouse rests; null when it has left. */
  hover(at: Point | null): void;
}

/** A pointer that has moved less than this is not dragging yet, in pixels. */
const SLACK_PX = 6;

/** Listens until the signal says to stop. */
export function listen(element: HTMLElement, gestures: Gestures, signal: AbortSignal): void {
  const pointers = new Map<number, Point>();
  let isDragging = false;

  const at = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  const on = <Name extends keyof HTMLElementEventMap>(
    name: Name,
    hear: (event: HTMLElementEventMap[Name]) => void,
  ) => element.addEventListener(name, hear, { signal, passive: false });

  on('pointerdown', (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    // With a second finger on the map nothing is a tap any more.
    isDragging = pointers.size > 1;
  });
  on('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    const now = at(event);
    if (!before) {
      if (event.pointerType !== 'touch') gestures.hover(now);
      return;
    }
    if (!isDragging && Math.hypot(now.x - before.x, now.y - before.y) < SLACK_PX) return;
    isDragging = true;
    gestures.hover(null);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (!other) return gestures.pan(now.x - before.x, now.y - before.y);
    // Two fingers: the plan stays under both of them, as far as it can without turning.
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    gestures.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    const spread = Math.hypot(before.x - other.x, before.y - other.y);
    if (spread > 0) gestures.zoom(middle, Math.hypot(now.x - other.x, now.y - other.y) / spread);
  });
  on('pointerup', (event) => {
    if (pointers.delete(event.pointerId) && !isDragging)
      gestures.tap(at(event), event.pointerType === 'touch');
    if (pointers.size === 0) isDragging = false;
  });
  on('pointercancel', (event) => pointers.delete(event.pointerId));
  on('pointerleave', () => gestures.hover(null));
  on('dblclick', (event) => gestures.doubleTap(at(event)));
  on('wheel', (event) => {
    event.preventDefault();
    // Lines and pages into pixels; a pinch on a touchpad comes as a wheel with the control key, in
    // small steps.
    const pixels = event.deltaY * [1, 16, 400][event.deltaMode]!;
    const speed = event.ctrlKey ? 0.01 : 0.0018;
    gestures.zoom(at(event), Math.exp(-Math.min(Math.max(pixels, -300), 300) * speed));
  });
}
