// What becomes of the seats: a snapshot, and every change since, folded into a map.
//
// It is no part of Relay's store. Answers come there in any order, and one that is late would
// overwrite what the stream has said since. So names and prices, which never change, are read from
// the store; statuses are read from here.

import type { SeatStatus, SeatStream_frame$data } from './__generated__/SeatStream_frame.graphql';

export type Frame = SeatStream_frame$data['seatChanges'];

export class Fold {
  readonly #seats = new Map<string, SeatStatus>();
  readonly #listeners = new Set<() => void>();

  /** How far the map is: what the stream goes on after, whatever happens to its connection. */
  revision: number | null = null;

  /** How often it began anew. */
  snapshots = 0;

  /** Takes the next frame. */
  take(frame: Frame): void {
    switch (frame.__typename) {
      case 'SeatSnapshot':
        // Everything anew: what was known before may be of a log that is gone.
        this.#seats.clear();
        for (const { seatId, status } of frame.seats) this.#seats.set(seatId, status);
        this.revision = frame.revision;
        this.snapshots += 1;
        break;
      case 'SeatChanges':
        // Revisions are consecutive, so a lost change cannot go unnoticed.
        if (this.revision === null || frame.fromRevision !== this.revision + 1) {
          throw new Error(`changes from ${frame.fromRevision} on do not follow ${this.revision}`);
        }
        for (const { seatId, status } of frame.changes) this.#seats.set(seatId, status);
        this.revision = frame.toRevision;
        break;
      default:
        frame.__typename satisfies '%other';
        // No frame may be left out, so nothing that comes after it could be believed.
        throw new Error('a frame that this page is too old to know');
    }
    for (const listener of this.#listeners) listener();
  }

  /** The seat's status; unknown before the first frame. */
  statusOf(seatId: string): SeatStatus | undefined {
    return this.#seats.get(seatId);
  }

  /** How many seats have this status. */
  count(status: SeatStatus): number {
    let count = 0;
    for (const one of this.#seats.values()) if (one === status) count += 1;
    return count;
  }

  /** As React's `useSyncExternalStore` wants it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
