// Relay's way to the server: a POST for queries and mutations, one WebSocket for what is live.

import { createClient } from 'graphql-ws';
import {
  Environment,
  type FetchFunction,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  Store,
  type SubscribeFunction,
} from 'relay-runtime';
import WebSocket from 'ws';

export const API = process.env['ARENA_URL'] ?? 'http://127.0.0.1:8080/graphql';

/** After this long an answer counts as lost: the server gives up on its database sooner. */
const TIMEOUT_MS = 15_000;

/** What is no answer: the README of the server lists the codes. Refusals are none of these. */
export class Fault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  static of(errors: readonly unknown[]): Fault {
    const { message, extensions } = errors[0] as {
      message: string;
      extensions?: { code?: string };
    };
    return new Fault(extensions?.code ?? 'INTERNAL', message);
  }

  /** Whether the same may be asked again in a moment. */
  get mayPass(): boolean {
    return ['RATE_LIMITED', 'OVERLOADED', 'UNAVAILABLE', 'UNREACHABLE'].includes(this.code);
  }
}

/** One visitor: an environment, and who it speaks for. */
export class Visitor {
  /** Set once there is one. Relay's store holds what this viewer may see: a new one starts anew. */
  token: string | null = null;

  readonly environment = new Environment({
    network: Network.create(
      (request, variables) => this.#post(request.text, variables),
      (request, variables) => this.#follow(request.text, variables),
    ),
    store: new Store(new RecordSource()),
  });

  readonly #socket = createClient({
    url: API.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    // Whether the plan is still the one has to be seen first: how to go on is decided in
    // SeatStream.ts.
    retryAttempts: 0,
  });

  async #post(
    query: Parameters<FetchFunction>[0]['text'],
    variables: unknown,
  ): Promise<GraphQLResponse> {
    const headers = new Headers({ 'Content-Type': 'application/json' });
    if (this.token !== null) headers.set('Authorization', `Bearer ${this.token}`);
    let answer: GraphQLResponse;
    try {
      const body = JSON.stringify({ query, variables });
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      answer = await (await fetch(API, { method: 'POST', headers, body, signal })).json();
    } catch (error) {
      throw new Fault('UNREACHABLE', `The server cannot be reached: ${error}`);
    }
    // Half an answer is none here. Without this, Relay would show null where something failed.
    if ('errors' in answer && answer.errors?.length) throw Fault.of(answer.errors);
    return answer;
  }

  #follow(
    query: Parameters<SubscribeFunction>[0]['text'],
    variables: Record<string, unknown>,
  ): ReturnType<SubscribeFunction> {
    return Observable.create((sink) =>
      this.#socket.subscribe(
        { query: query ?? '', variables },
        {
          next: (result) => {
            if (result.errors?.length) sink.error(Fault.of(result.errors));
            else sink.next(result as GraphQLResponse);
          },
          // A list is the server's word on the operation; all else is the connection's end.
          error: (reason) =>
            sink.error(
              Array.isArray(reason)
                ? Fault.of(reason)
                : new Fault('UNREACHABLE', 'The connection was lost.'),
            ),
          complete: () => sink.complete(),
        },
      ),
    );
  }

  /** Loses the connection without a word, as a train does in a tunnel. */
  cut(): void {
    this.#socket.terminate();
  }

  async leave(): Promise<void> {
    await this.#socket.dispose();
  }
}
