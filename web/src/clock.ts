// The server's clock, as far as a browser can know it. Countdowns go by it: the clock of a phone
// may be minutes off.
//
// Whatever instant the server has told us of has passed by the time we hear of it. So each is a
// lower bound for what its clock reads now, and the highest one is the best. It can never run ahead
// of the server, so no hold is ever shown as ended before it has.

/** What counts the milliseconds here: never set back or forth, unlike `Date.now`. */
export type Ticks = () => number;

export class ServerClock {
  /** Server's clock minus ours, in milliseconds, at least. */
  #offset = -Infinity;
  readonly #ticks: Ticks;

  constructor(ticks: Ticks = () => performance.timeOrigin + performance.now()) {
    this.#ticks = ticks;
  }

  /** Takes note of an instant of the server's clock that has just been told. */
  observe(instant: string): void {
    const offset = Date.parse(instant) - this.#ticks();
    if (offset > this.#offset) this.#offset = offset;
  }

  /** What the server's clock reads, in ms since 1970; our own until it has told us anything. */
  now(): number {
    return this.#ticks() + (this.#offset === -Infinity ? 0 : this.#offset);
  }
}
