// One WebSocket with the subscriptions of a page, from its beginning to its end. What comes after
// it, and when, is connection.ts's affair.
//
// A socket that is dead without a word is noticed by a ping that stays unanswered.

import { createClient, type Client } from 'graphql-ws/client';
import { Fault, type GraphQLFault } from './api';
import {
  MyReservationsDocument,
  SeatStatusesDocument,
  type TypedDocumentString,
} from './generated/operations';
import type { Frame, Own } from './state';

/** How often the server is asked whether it is still there, and how long it may take to say so. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

export interface LineEvents {
  /** Something was heard, whatever it is. */
  heard(): void;
  /** The server serves us: what is shown is what is. Once. */
  live(): void;
  /** The next frame; the first of a line is whole. */
  frame(frame: Frame): void;
  own(own: Own): void;
  /** The server asks that those whom it loses come back within this time, and not all at once. */
  spread(ms: number): void;
}

/** Why a line ended. */
export interface End {
  readonly fault?: Fault | undefined;
  /** The server did not take the token, or takes it no longer. */
  readonly isTokenRefused: boolean;
}

export class Line {
  isLive = false;
  #isOver = false;
  readonly ended: Promise<End>;
  readonly #client: Client;
  #end!: (end: End) => void;
  #overdue: ReturnType<typeof setTimeout> | undefined;

  /** @param token without: only what everybody may see */
  constructor(
    eventId: string,
    readonly token: string | null,
    events: LineEvents,
  ) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const heard = () => {
      clearTimeout(this.#overdue);
      events.heard();
    };
    this.#client = createClient({
      url: new URL('graphql', location.href.replace(/^http/, 'ws')).href,
      connectionParams: token === null ? {} : { Authorization: `Bearer ${token}` },
      // How to go on is decided elsewhere, for all streams together.
      retryAttempts: 0,
      keepAlive: PING_EVERY_MS,
      connectionAckWaitTimeout: PING_EVERY_MS,
      on: {
        connected: (_, payload) => {
          heard();
          const within = payload?.['reconnectWithinMs'];
          if (typeof within === 'number') events.spread(within);
        },
        message: heard,
        ping: (received) => {
          if (!received) this.#overdue = setTimeout(() => this.terminate(), PONG_WITHIN_MS);
        },
      },
    });
    this.#subscribe(SeatStatusesDocument, { eventId }, ({ seatStatuses }) => {
      if (!seatStatuses) return this.close();
      // The first frame comes at once: the server does not only listen.
      if (!this.isLive) {
        this.isLive = true;
        events.live();
      }
      events.frame(seatStatuses);
    });
    if (token === null) return;
    this.#subscribe(MyReservationsDocument, { eventId }, ({ myReservations }) =>
      events.own(myReservations),
    );
  }

  /** Gives the socket up without a word, as if it had broken. */
  terminate(): void {
    this.#client.terminate();
  }

  /** Ends it; what is left of it neither speaks nor fails any more. */
  close(fault?: Fault, isTokenRefused = false): void {
    this.#isOver = true;
    clearTimeout(this.#overdue);
    this.#end({ fault, isTokenRefused });
    void this.#client.dispose();
  }

  #subscribe<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    take: (data: Result) => void,
  ): void {
    this.#client.subscribe<Result>(
      { query: document.toString(), variables },
      {
        next: ({ data, errors }) => {
          if (this.#isOver) return;
          if (errors?.length) this.close(Fault.of(errors));
          else if (data) take(data);
        },
        error: (reason) => this.#failed(reason),
        complete: () => this.close(),
      },
    );
  }

  /** Why a stream failed: errors of the operation, or the socket's end with its code. */
  #failed(reason: unknown): void {
    if (Array.isArray(reason)) {
      const fault = Fault.of(reason as GraphQLFault[]);
      return this.close(fault, fault.code === 'UNAUTHENTICATED');
    }
    // 4401: the token has run out. 4403: it is not good. Any other end: connect again.
    const code = (reason as Partial<CloseEvent> | null)?.code;
    this.close(undefined, code === 4401 || code === 4403);
  }
}
