// The live connection: two subscriptions on one WebSocket, taken up again whatever happens to it.
//
// The stream of changes is asked for `since` the last revision that we have. So nothing is missed
// and nothing comes twice, however long we were away. A socket that is dead without a word is
// noticed by a ping that stays unanswered.

import { createClient, type Client } from 'graphql-ws/client';
import { Fault, type Credentials, type GraphQLFault } from './api';
import {
  MyReservationsDocument,
  SeatChangesDocument,
  type TypedDocumentString,
} from './generated/operations';
import type { MyReservationsSubscription, SeatChangesSubscription } from './generated/operations';

/** How often the server is asked whether it is still there, and how long it may take to say so. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

/** The server pings every 25 s: a socket on which nothing was heard for longer may lead nowhere. */
const SILENCE_MS = 30_000;

/** The longest first wait before a new attempt, and the longest of all: doubled each time. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

export type LiveState =
  /** Never connected so far. */
  | 'connecting'
  /** What is shown is what is. */
  | 'live'
  /** What is shown is what was when the connection was lost. */
  | 'reconnecting'
  /** There is no such event any more. */
  | 'gone';

export interface LiveOptions {
  readonly eventId: string;
  readonly credentials: Credentials;
  /** The revision to go on after. */
  since(): number;
  /** The next frame. False if it does not follow the last: then the stream is taken up again. */
  onSeats(item: SeatChangesSubscription['seatChanges']): boolean;
  onOwn(item: MyReservationsSubscription['myReservations']): void;
  /** @param heardAt when the server was heard last, on our own clock. */
  onState(state: LiveState, heardAt: number): void;
}

export class LiveConnection {
  #client: Client | undefined;
  #isStopped = false;
  #hurry: (() => void) | undefined;
  #heardAt = Date.now();
  #state: LiveState = 'connecting';

  constructor(private readonly options: LiveOptions) {
    void this.#run();
  }

  /** Ends it for good. */
  stop(): void {
    this.#isStopped = true;
    this.#hurry?.();
    void this.#client?.dispose();
  }

  /** Makes sure of the connection now: after the page slept, or when the network is back. */
  check(): void {
    this.#hurry?.();
    if (Date.now() - this.#heardAt > SILENCE_MS) this.reconnect();
  }

  /** Gives the socket up, and takes the streams up again on a new one. */
  reconnect(): void {
    this.#client?.terminate();
    this.#hurry?.();
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopped; failures++) {
      const { fault, wasLive } = await this.#connection();
      if (this.#isStopped) return;
      if (fault?.code === 'NOT_FOUND') return this.#tell('gone');
      this.#tell(this.#state === 'connecting' ? 'connecting' : 'reconnecting');
      if (wasLive) failures = 0;
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
      // Anywhere in between: a server that goes away is lost by everybody at once.
      await this.#pause((fault?.retryAfterMs ?? 0) + longest * Math.random());
    }
  }

  /** One connection from its beginning to its end, which it gives the reason of. */
  async #connection(): Promise<{ fault?: Fault | undefined; wasLive: boolean }> {
    const { credentials } = this.options;
    let token: string | null = null;
    try {
      token = await credentials.token();
    } catch (error) {
      return { fault: error instanceof Fault ? error : undefined, wasLive: false };
    }
    let wasLive = false;
    const alive = () => {
      wasLive = true;
      this.#tell('live');
    };
    let overdue: ReturnType<typeof setTimeout> | undefined;
    const fault = await new Promise<Fault | undefined>((end) => {
      const heard = () => {
        clearTimeout(overdue);
        this.#heardAt = Date.now();
      };
      const client = createClient({
        url: new URL('graphql', location.href.replace(/^http/, 'ws')).href,
        connectionParams: token === null ? {} : { Authorization: `Bearer ${token}` },
        // How to go on is decided here, for both streams together.
        retryAttempts: 0,
        keepAlive: PING_EVERY_MS,
        connectionAckWaitTimeout: PING_EVERY_MS,
        on: {
          connected: () => {
            heard();
            if (token === null) alive();
          },
          message: heard,
          ping: (received) => {
            if (!received) overdue = setTimeout(() => client.terminate(), PONG_WITHIN_MS);
          },
        },
      });
      this.#client = client;
      this.#subscribe(client, token, alive, end);
    });
    clearTimeout(overdue);
    // What is left of it must neither speak nor fail any more.
    const client = this.#client;
    this.#client = undefined;
    await client?.dispose();
    return { fault, wasLive: wasLive && fault === undefined };
  }

  /** Begins both streams; `end` is told of the first one that ends. */
  #subscribe(
    client: Client,
    token: string | null,
    alive: () => void,
    end: (fault: Fault | undefined) => void,
  ): void {
    const { eventId } = this.options;
    const subscribe = <Result, Variables extends Record<string, unknown>>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
      take: (data: Result) => boolean,
    ) =>
      client.subscribe<Result>(
        { query: document.toString(), variables },
        {
          next: ({ data, errors }) => {
            if (errors?.length) end(Fault.of(errors));
            else if (data && !take(data)) end(undefined);
          },
          error: (reason) => end(this.#faultOf(reason, token)),
          complete: () => end(undefined),
        },
      );
    subscribe(SeatChangesDocument, { eventId, since: this.options.since() }, ({ seatChanges }) => {
      alive();
      return this.options.onSeats(seatChanges);
    });
    if (token !== null) {
      // Its first item comes at once: a sign that the server does not only listen.
      subscribe(MyReservationsDocument, { eventId }, ({ myReservations }) => {
        alive();
        this.options.onOwn(myReservations);
        return true;
      });
    }
  }

  /** Why a stream failed: errors of the operation, or the socket's end with its code. */
  #faultOf(reason: unknown, token: string | null): Fault | undefined {
    if (Array.isArray(reason)) {
      const fault = Fault.of(reason as GraphQLFault[]);
      if (fault.code === 'UNAUTHENTICATED') this.options.credentials.reject(token);
      return fault;
    }
    // 4401: the token has run out. 4403: it is not good. Any other end: connect again.
    const code = (reason as Partial<CloseEvent> | null)?.code;
    if (code === 4401 || code === 4403) this.options.credentials.reject(token);
    return undefined;
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
