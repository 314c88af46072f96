// A purchase, in parts of as many seats as a request may name. Each part has a key of its own, so
// that asking again cannot buy it twice; they are asked for one after another.

import type { MoneyInput } from './generated/operations';
import type { Order } from './state';

/** The most seats that a request may name. */
export const MOST_AT_ONCE = 100;

export interface Part {
  readonly key: string;
  readonly seatIds: readonly string[];
  /** What the page said that these seats cost: nothing is bought at another price. */
  readonly expectedTotal: MoneyInput | null;
}

/** What is still to be bought; kept across reloads, so that it is asked for under the same keys. */
export interface Purchase {
  readonly parts: readonly Part[];
  readonly begunAt: number;
}

/** Lists of as many as a request may name. */
export function inParts<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += MOST_AT_ONCE)
    parts.push(items.slice(at, at + MOST_AT_ONCE));
  return parts;
}

/** @param shownTotal what the page says that these seats cost */
export function newPurchase(
  seatIds: readonly string[],
  shownTotal: (seatIds: readonly string[]) => MoneyInput | null,
  newKey: () => string,
  now: number,
): Purchase {
  const part = (ids: string[]): Part => ({
    key: newKey(),
    seatIds: ids,
    expectedTotal: shownTotal(ids),
  });
  return { parts: inParts(seatIds).map(part), begunAt: now };
}

export const seatIdsOf = ({ parts }: Purchase): string[] => parts.flatMap(({ seatIds }) => seatIds);

/** Reads what was kept, by this version of the page or another; null if it is no purchase. */
export function readPurchase(kept: unknown): Purchase | null {
  const { parts, begunAt } = (kept ?? {}) as Partial<Purchase>;
  const isPart = (part: Partial<Part>) =>
    typeof part?.key === 'string' &&
    Array.isArray(part.seatIds) &&
    part.expectedTotal !== undefined;
  const isPurchase = typeof begunAt === 'number' && Array.isArray(parts) && parts.every(isPart);
  return isPurchase && parts.length > 0 ? { parts, begunAt } : null;
}

export interface Steps {
  /** Asks for a part; null if it was refused, which ends the purchase. Throws if it is unclear. */
  confirm(part: Part): Promise<Order | null>;
  /** What is left now; null: nothing. */
  keep(purchase: Purchase | null): void;
  /** So many seats of all of them are bought. */
  progress(bought: number, all: number): void;
}

/**
 * Buys part after part. A part that is answered is not asked for again; one whose answer is unclear
 * stays, with its key and all after it.
 *
 * @param orders takes the order of each part, also where a later one fails
 */
export async function carryOut(purchase: Purchase, steps: Steps, orders: Order[]): Promise<void> {
  const all = seatIdsOf(purchase).length;
  let { parts } = purchase;
  for (let bought = 0; parts.length > 0;) {
    steps.keep({ ...purchase, parts });
    steps.progress(bought, all);
    const [part, ...rest] = parts;
    const order = await steps.confirm(part!);
    if (order === null) break;
    orders.push(order);
    bought += part!.seatIds.length;
    parts = rest;
  }
  // Answered, however: the next purchase is another one.
  steps.keep(null);
}

/** A UUID; browsers give `randomUUID` to pages over HTTPS only. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
