// What somebody at an event does and hears: who they are, what they hold and buy, and the live
// connection. It comes after the first picture, and so do the scripts that it takes.

import { Booking, type BookingEvents } from './booking';
import type { ServerClock } from './clock';
import { LiveConnection, type LiveState } from './connection';
import type { EventDetailsFragment } from './generated/operations';
import { GuestSession } from './session';
import type { Own, SeatState } from './state';

export interface AttendanceEvents extends BookingEvents {
  /** The map has changed. */
  mapChanged(): void;
  /** What is mine has changed. */
  ownChanged(): void;
  /** The map is of another plan than the one that is shown. */
  outdated(): void;
  /** @param heardAt when the server was heard last, on our own clock. */
  live(state: LiveState, heardAt: number): void;
}

export class Attendance {
  readonly booking: Booking;
  readonly connection: LiveConnection;

  constructor(
    event: EventDetailsFragment,
    state: SeatState,
    clock: ServerClock,
    events: AttendanceEvents,
    signal: AbortSignal,
  ) {
    const ended = () => {
      state.forgetOwn();
      const text = 'Your session has ended: what was held in it is not yours any more.';
      events.note({ seat: null, text, kind: 'refusal' });
      this.connection.identify();
    };
    const session = new GuestSession({ began: () => this.connection.identify(), ended }, signal);
    this.booking = new Booking(event, state, clock, session, events);
    this.connection = new LiveConnection({
      eventId: event.id,
      credentials: session,
      frame: (frame) => {
        if (state.takeFrame(frame)) events.mapChanged();
        else events.outdated();
      },
      own: (own: Own) => {
        state.takeOwn(own);
        events.ownChanged();
        void this.booking.learnPrices();
      },
      onState: (live, heardAt) => events.live(live, heardAt),
    });
    signal.addEventListener('abort', () => this.connection.stop());
    void this.booking.resume();
  }
}
