// The live connection: one line to the server, and the next one when it is lost.
//
// To look takes no token: without one the line carries the seats, and nobody waits for anything.
// Once there is a guest, another line that carries what is theirs as well takes over; the old one
// goes when the new one is live. So the map is never without one.
//
// The first frame of a line is whole. So nothing is missed, however long we were away.

import { type Credentials, sleep } from './api';
import { type End, Line, type LineEvents } from './line';

/** The server pings every 25 s: a socket on which nothing was heard for longer may lead nowhere. */
const SILENCE_MS = 30_000;

/**
 * The longest first wait before a new attempt, unless the server has said over how much time those
 * whom it loses should come back; and the longest of all: it is doubled each time.
 */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** Nobody waits for longer than this because a server has said so. */
const LONGEST_SPREAD_MS = 60_000;

/**
 * After so many lines without a token that never came to be, it is tried with one: the address may
 * have all the lines that it gets without.
 */
const REFUSED_WITHOUT_TOKEN = 2;

export type LiveState =
  /** Never connected so far. */
  | 'connecting'
  /** What is shown is what is. */
  | 'live'
  /** What is shown is what was when the connection was lost. */
  | 'reconnecting'
  /** There is no such event any more. */
  | 'gone';

export interface LiveOptions extends Pick<LineEvents, 'frame' | 'own'> {
  readonly eventId: string;
  readonly credentials: Credentials;
  /** @param heardAt when the server was heard last, on our own clock. */
  onState(state: LiveState, heardAt: number): void;
}

export class LiveConnection {
  #line: Line | undefined;
  /** What is to take over from the line. */
  #successor: Line | undefined;
  #isStopped = false;
  #hurry: (() => void) | undefined;
  #heardAt = Date.now();
  #firstWait = FIRST_WAIT_MS;
  #state: LiveState = 'connecting';

  constructor(private readonly options: LiveOptions) {
    void this.#run();
  }

  /** Ends it for good. */
  stop(): void {
    this.#isStopped = true;
    this.#hurry?.();
    this.#successor?.close();
    this.#line?.close();
  }

  /** Makes sure of the connection now: after the page slept, or when the network is back. */
  check(): void {
    this.#hurry?.();
    if (Date.now() - this.#heardAt > SILENCE_MS) this.reconnect();
  }

  /** Gives the socket up, and takes the streams up again on a new one. */
  reconnect(): void {
    this.#line?.terminate();
    this.#hurry?.();
  }

  /** Takes note that there is another token, or none: goes over to a line that has it. */
  identify(): void {
    if (this.#isStopped) return;
    if (!this.#line?.isLive) return this.reconnect();
    const token = this.options.credentials.known();
    if (token === this.#line.token || token === this.#successor?.token) return;
    this.#successor?.close();
    const successor = (this.#successor = this.#open());
    void successor.ended.then((end) => this.#successorEnded(successor, end));
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopped; failures++) {
      const { line, end } = await this.#connection();
      this.#successor?.close();
      this.#successor = undefined;
      if (this.#isStopped) return;
      if (end.fault?.code === 'NOT_FOUND') return this.#tell('gone');
      this.#tell(this.#state === 'connecting' ? 'connecting' : 'reconnecting');
      if (line.isLive && !end.fault) failures = 0;
      else if (line.token === null && failures >= REFUSED_WITHOUT_TOKEN) this.#askForToken();
      // Without the token there is nothing to wait for.
      if (end.isTokenRefused) continue;
      const doubled = Math.min(LONGEST_WAIT_MS, this.#firstWait * 2 ** failures);
      const longest = Math.max(doubled, this.#firstWait);
      // Anywhere in between: a server that goes away is lost by everybody at once.
      await this.#pause((end.fault?.retryAfterMs ?? 0) + longest * Math.random());
    }
  }

  /** From the beginning of a line to the end of the last one that took over. */
  async #connection(): Promise<{ line: Line; end: End }> {
    for (let line = (this.#line = this.#open()); ; line = this.#line) {
      const end = await line.ended;
      if (line !== this.#line) continue;
      this.#line = undefined;
      if (end.isTokenRefused) this.options.credentials.reject(line.token);
      return { line, end };
    }
  }

  #open(): Line {
    const { options } = this;
    const { credentials, eventId } = options;
    const line: Line = new Line(eventId, credentials.known(), {
      heard: () => (this.#heardAt = Date.now()),
      live: () => {
        if (line === this.#successor) this.#takeOver(line);
        this.#tell('live');
      },
      // Frames of a line that is to take over begin when it has.
      frame: options.frame,
      own: options.own,
      spread: (ms) => (this.#firstWait = Math.min(ms, LONGEST_SPREAD_MS)),
    });
    return line;
  }

  #takeOver(successor: Line): void {
    const before = this.#line;
    this.#line = successor;
    this.#successor = undefined;
    before?.close();
  }

  /** If it was not to take over any more, nothing; else the old line serves, and it is retried. */
  async #successorEnded(successor: Line, { fault, isTokenRefused }: End): Promise<void> {
    if (successor !== this.#successor) return;
    if (isTokenRefused) this.options.credentials.reject(successor.token);
    await sleep((fault?.retryAfterMs ?? 0) + LONGEST_WAIT_MS * Math.random());
    if (successor !== this.#successor) return;
    this.#successor = undefined;
    this.identify();
  }

  #askForToken(): void {
    // When there is one, `identify` is called; else the next failure asks again.
    this.options.credentials.token().catch(() => {});
  }

  #tell(state: LiveState): void {
    if (this.#isStopped || state === this.#state) return;
    this.#state = state;
    this.options.onState(state, this.#heardAt);
  }

  /** Waits, or until there is a reason to hurry. */
  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, ms);
      this.#hurry = resolve;
    });
    this.#hurry = undefined;
  }
}
