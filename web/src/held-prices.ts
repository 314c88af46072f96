// Reads what the seats that I hold cost. The answer to a hold has it; of those that a stream tells
// of, after a reload or from another window, it is asked for.
//
// Until it is known, the category's price is shown. That is no danger: the server sells nothing at
// another price than was shown.

import { ask, type AskOptions, Fault } from './api';
import { HeldPricesDocument } from './generated/operations';
import type { SeatNumber } from './plan';
import { inParts } from './purchase';
import type { SeatState } from './state';

export class HeldPrices {
  /** What is being read is not asked for a second time. */
  readonly #reading = new Set<SeatNumber>();

  constructor(private readonly state: SeatState) {}

  /** Reads what is not known. What fails is tried again when there is news of what is mine. */
  async learn(options: AskOptions): Promise<void> {
    const seats = this.state.unpriced.filter((seat) => !this.#reading.has(seat));
    try {
      await this.read(seats, options);
    } catch (error) {
      if (!(error instanceof Fault)) console.error(error);
    }
  }

  /** Reads what these seats cost now, whatever is known. */
  async read(seats: readonly SeatNumber[], options: AskOptions): Promise<void> {
    const { state } = this;
    for (const seat of seats) this.#reading.add(seat);
    try {
      for (const part of inParts(seats)) {
        const seatIds = part.map((seat) => state.plan.idOf(seat));
        const { nodes } = await ask(HeldPricesDocument, { seatIds }, options);
        state.takePrices(nodes.flatMap((node) => (node?.__typename === 'Seat' ? node : [])));
      }
    } finally {
      for (const seat of seats) this.#reading.delete(seat);
    }
  }
}
