// What becomes of the seats: a letter for each, in the plan's order, as the newest frame says.
//
// It is no part of Relay's store. Answers come there in any order, and one that is late would
// overwrite what the stream has said since. So names and prices, which never change, are read from
// the store; statuses are read from here.

import type { SeatStream_frame$data } from './__generated__/SeatStream_frame.graphql';
import type { Plan } from './plan';

export type Frame = NonNullable<SeatStream_frame$data['seatStatuses']>;

/** A available, R reserved, C confirmed, N not for sale. */
export type Letter = string;

export class Fold {
  #plan: Plan | undefined;
  #letters: Letter[] = [];
  readonly #places = new Map<string, number>();
  readonly #listeners = new Set<() => void>();

  /** Which plan it has; frames of another are not understood. */
  get planVersion(): number | undefined {
    return this.#plan?.version;
  }

  /** Begins anew with a plan: nothing is known of its seats before the first frame. */
  begin(plan: Plan): void {
    this.#plan = plan;
    this.#letters = [];
    this.#places.clear();
    plan.seats.forEach(({ id }, place) => this.#places.set(id, place));
  }

  /** Takes the next frame. False if it is of another plan: that has to be fetched. */
  take({ planVersion, places, statuses }: Frame): boolean {
    if (planVersion !== this.planVersion) return false;
    // Whole at first, and again where that is shorter than what differs.
    if (!places) this.#letters = [...statuses];
    else places.forEach((place, index) => (this.#letters[place] = statuses[index]!));
    for (const listener of this.#listeners) listener();
    return true;
  }

  /** The seat's letter; unknown before the first frame. */
  letterOf(seatId: string): Letter | undefined {
    const place = this.#places.get(seatId);
    return place === undefined ? undefined : this.#letters[place];
  }

  /** How many seats have this letter. */
  count(letter: Letter): number {
    return this.#letters.filter((one) => one === letter).length;
  }

  /** As React's `useSyncExternalStore` wants it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
