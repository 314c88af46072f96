// What becomes of the seats: a snapshot, and every change since, folded into a map.

import type { SeatStatus, SeatStreamSubscription, SnapshotReason } from './generated/graphql.js';
import { unknown } from './words.js';

export type Frame = SeatStreamSubscription['seatChanges'];

export interface SeatState {
  readonly status: SeatStatus;
  /** The revision of its last change. */
  readonly revision: number;
}

export class Fold {
  /** What has become of every seat, by its id. */
  readonly seats = new Map<string, SeatState>();

  /** How far the map is. */
  revision: number | null = null;

  /** What the stream goes on after, whatever happens to its connection. */
  cursor: string | null = null;

  /** Takes the next frame, and says what it was. */
  take(frame: Frame): string {
    switch (frame.__typename) {
      case 'SeatSnapshot':
        // Everything anew: what was known before may be of a log that is gone.
        this.seats.clear();
        this.#put(frame.seats);
        this.revision = frame.revision;
        this.cursor = frame.cursor;
        return `all ${this.seats.size} seats at revision ${frame.revision}, ${why(frame.reason)}`;
      case 'SeatChanges':
        // Revisions are consecutive, so a lost change cannot go unnoticed.
        if (this.revision === null || frame.fromRevision !== this.revision + 1) {
          throw new Error(`changes from ${frame.fromRevision} on do not follow ${this.revision}`);
        }
        this.#put(frame.changes);
        this.revision = frame.toRevision;
        this.cursor = frame.cursor;
        return `changes up to revision ${frame.toRevision}`;
      default:
        // No frame may be left out, so nothing that comes after it could be believed.
        throw new Error(unknown(frame, 'a frame that this shop is too old to know'));
    }
  }

  /** How many seats have this status. */
  count(status: SeatStatus): number {
    let count = 0;
    for (const seat of this.seats.values()) if (seat.status === status) count += 1;
    return count;
  }

  #put(news: readonly (SeatState & { readonly seatId: string })[]): void {
    for (const { seatId, status, revision } of news) this.seats.set(seatId, { status, revision });
  }
}

function why(reason: SnapshotReason): string {
  switch (reason) {
    case 'INITIAL':
      return 'to begin with';
    case 'CLIENT_LAGGED':
      return 'since we read too slowly';
    case 'LOG_PRUNED':
      return 'since we were away for too long';
    case 'UNKNOWN_REVISION':
      return 'since the log does not know where we were';
    default:
      return unknown(reason, 'for a reason that is new to us');
  }
}
