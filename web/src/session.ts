// Who is asking: a guest, whose signed token is kept in this browser. So seats are found again
// after a reload, and two tabs are one guest.
//
// A session begins when something is first wanted that takes one. To look takes none: sessions of
// an address are counted, and many people may look from one address.

import { Fault, ask, type Credentials } from './api';
import { StartGuestSessionDocument, type StartGuestSessionMutation } from './generated/operations';

const KEY = 'grand-arena.guest';

/** A token that runs out sooner is replaced: it has to last through a purchase. */
const SPARE_MS = 10 * 60_000;

type Session = StartGuestSessionMutation['startGuestSession'];

export interface SessionEvents {
  /** There is a guest now, here or in another tab, where there was none. */
  began(): void;
  /** The guest that there was is none any more. */
  ended(): void;
}

export class GuestSession implements Credentials {
  #starting: Promise<Session | null> | undefined;
  /** A browser that stores nothing still has a guest, for as long as the page is open. */
  #unstored: Session | null = null;

  constructor(
    private readonly events: SessionEvents,
    signal: AbortSignal,
  ) {
    const stored = ({ key }: StorageEvent) => key === KEY && this.known() && events.began();
    addEventListener('storage', stored, { signal });
  }

  known(): string | null {
    return this.#read()?.token ?? null;
  }

  async token(onWait?: (fault: Fault) => void): Promise<string | null> {
    const session =
      this.#read() ??
      (await (this.#starting ??= this.#start(onWait).finally(() => (this.#starting = undefined))));
    return session?.token ?? null;
  }

  reject(token: string | null): void {
    const stored = this.#read();
    if (!stored || stored.token !== token) return;
    this.#write(null);
    this.events.ended();
  }

  async #start(onWait?: (fault: Fault) => void): Promise<Session | null> {
    try {
      // Two tabs that begin together wait for each other, and are one guest.
      const start = async () => {
        const others = this.#read();
        if (others) return others;
        const { startGuestSession } = await ask(StartGuestSessionDocument, {}, { onWait });
        this.#write(startGuestSession);
        this.events.began();
        return startGuestSession;
      };
      return await (navigator.locks ? navigator.locks.request(KEY, start) : start());
    } catch (error) {
      // A server that gives out no guest identities can still be watched.
      if (error instanceof Fault && error.code === 'FORBIDDEN') return null;
      throw error;
    }
  }

  #read(): Session | null {
    let session = this.#unstored;
    try {
      session = JSON.parse(localStorage.getItem(KEY) ?? 'null') ?? session;
    } catch {
      // Storage is switched off, or what is in it is not ours.
    }
    const lasts = session && Date.parse(session.expiresAt) > Date.now() + SPARE_MS;
    return lasts && typeof session?.token === 'string' ? session : null;
  }

  #write(session: Session | null): void {
    this.#unstored = session;
    try {
      if (session) localStorage.setItem(KEY, JSON.stringify(session));
      else localStorage.removeItem(KEY);
    } catch {
      // Kept for as long as the page is open.
    }
  }
}
