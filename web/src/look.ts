// How a seat looks, as one byte: what the renderers are told of it.

import { CLOSED as NOT_OFFERED, FREE, type SeatState } from './state';
import type { SeatNumber } from './plan';

/** The two lowest bits are the status: FREE, HELD or SOLD. */
export const STATUS_MASK = 3;
/** Mine, held or bought. */
export const MINE = 4;
/** I have asked for something about it and wait for the answer. */
export const WAITING = 8;
/** Not offered: drawn as hardly more than its place. */
export const CLOSED = 16;
/** Of a category that is not looked for at the moment. */
export const DIMMED = 32;

export function lookOf(state: SeatState, seat: SeatNumber, category: number | null): number {
  const isOffered = state.status[seat] !== NOT_OFFERED;
  let look: number = isOffered ? state.status[seat]! : FREE | CLOSED;
  if (state.mine[seat] === 1) look |= MINE;
  if (state.pending[seat] !== 0) look |= WAITING | MINE;
  if (category !== null && state.plan.category[seat] !== category) look |= DIMMED;
  return look;
}
