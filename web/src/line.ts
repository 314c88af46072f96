// One WebSocket with the subscriptions of a page, from its beginning to its end. What comes after
// it, and when, is connection.ts's affair.
//
// A socket that is dead without a word is noticed by a ping that stays unanswered.

import { createClient, type Client } from 'graphql-ws/client';
import { Fault, type GraphQLFault } from './api';
import {
  MyReservationsDocument,
  SeatChangesDocument,
  type TypedDocumentString,
} from './generated/operations';
import type { MyReservationsSubscription, SeatChangesSubscription } from './generated/operations';

/** How often the server is asked whether it is still there, and how long it may take to say so. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

export interface LineEvents {
  /** Something was heard, whatever it is. */
  heard(): void;
  /** The server serves us: what is shown is what is. Once. */
  live(): void;
  /** The next frame. False if it does not follow the last: then the line ends. */
  seats(item: SeatChangesSubscription['seatChanges']): boolean;
  own(item: MyReservationsSubscription['myReservations']): void;
}

/** Why a line ended. */
export interface End {
  readonly fault?: Fault | undefined;
  /** The server did not take the token, or takes it no longer. */
  readonly isTokenRefused: boolean;
}

export class Line {
  isLive = false;
  readonly ended: Promise<End>;
  readonly #client: Client;
  #end!: (end: End) => void;
  #overdue: ReturnType<typeof setTimeout> | undefined;

  /** @param token without: only what everybody may see */
  constructor(
    eventId: string,
    since: number,
    readonly token: string | null,
    private readonly events: LineEvents,
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
        connected: () => {
          heard();
          if (token === null) this.#alive();
        },
        message: heard,
        ping: (received) => {
          if (!received) this.#overdue = setTimeout(() => this.terminate(), PONG_WITHIN_MS);
        },
      },
    });
    this.#subscribe(SeatChangesDocument, { eventId, since }, ({ seatChanges }) => {
      this.#alive();
      return events.seats(seatChanges);
    });
    if (token === null) return;
    // Its first item comes at once: a sign that the server does not only listen.
    this.#subscribe(MyReservationsDocument, { eventId }, ({ myReservations }) => {
      this.#alive();
      events.own(myReservations);
      return true;
    });
  }

  /** Gives the socket up without a word, as if it had broken. */
  terminate(): void {
    this.#client.terminate();
  }

  /** Ends it; what is left of it neither speaks nor fails any more. */
  close(fault?: Fault, isTokenRefused = false): void {
    clearTimeout(this.#overdue);
    this.#end({ fault, isTokenRefused });
    void this.#client.dispose();
  }

  #alive(): void {
    if (this.isLive) return;
    this.isLive = true;
    this.events.live();
  }

  #subscribe<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    take: (data: Result) => boolean,
  ): void {
    this.#client.subscribe<Result>(
      { query: document.toString(), variables },
      {
        next: ({ data, errors }) => {
          if (errors?.length) this.close(Fault.of(errors));
          else if (data && !take(data)) this.close();
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
