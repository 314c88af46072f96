// The live connection. When it is lost, graphql-ws connects again and sends the subscription anew;
// `after` says how far we are by then, so nothing is missed and nothing comes twice.

import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { API, Fault, sleep } from './api.js';
import { Fold } from './fold.js';
import { graphql } from './generated/gql.js';
import type { SeatStreamSubscription } from './generated/graphql.js';

const SeatStream = graphql(`
  subscription SeatStream($event: ID!, $after: String) {
    seatChanges(eventId: $event, after: $after) {
      __typename
      ... on SeatSnapshot { revision cursor reason seats { seatId status revision } }
      ... on SeatChanges { fromRevision toRevision cursor changes { seatId status revision } }
    }
  }
`);

/** How long a change may take to come by, before we say that the stream is dead. */
const PATIENCE_MS = 15_000;

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

export class Stream {
  readonly fold = new Fold();
  readonly #client: Client;
  readonly #end: Promise<void>;
  #tellOfFrame = () => {};

  constructor(event: string, tell: (words: string) => void) {
    this.#client = createClient({
      url: API.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      // A sale is not over because a server is restarted.
      retryAttempts: Infinity,
      shouldRetry: () => true,
      // A server that goes away is lost by everybody at once; they should not all be back at once.
      retryWait: (retries) =>
        sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** retries) * (0.5 + Math.random() / 2)),
      on: {
        connected: () => {
          const { revision } = this.fold;
          if (revision !== null)
            tell(`Stream: connected again, goes on after revision ${revision}`);
        },
      },
    });
    this.#end = this.#run(event, tell);
    // Whoever waits for a revision is told of a failure there.
    this.#end.catch(() => {});
  }

  async #run(event: string, tell: (words: string) => void): Promise<void> {
    const { fold } = this;
    const variables = {
      event,
      // Read whenever the subscription is sent: null at first, which asks for a snapshot.
      get after() {
        return fold.cursor;
      },
    };
    const frames = this.#client.iterate<SeatStreamSubscription>({
      query: SeatStream.toString(),
      variables,
    });
    for await (const { data, errors } of frames) {
      if (errors?.length) throw Fault.of(errors);
      if (data) tell(`Stream: ${fold.take(data.seatChanges)}`);
      this.#tellOfFrame();
    }
  }

  /** Waits until the map shows a revision: that of an answer, for example. */
  async reaches(revision: number): Promise<void> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const late = new Promise<never>((_, fail) => {
      patience.onabort = () => fail(new Error(`revision ${revision} does not come`));
    });
    while ((this.fold.revision ?? -1) < revision) {
      const frame = new Promise<void>((resolve) => (this.#tellOfFrame = resolve));
      await Promise.race([frame, this.#end, late]);
    }
    patience.onabort = null;
  }

  /** Loses the connection without a word, as a train does in a tunnel. */
  cut(): void {
    this.#client.terminate();
  }

  async close(): Promise<void> {
    await this.#client.dispose();
    await this.#end;
  }
}
