// What a buyer does: hold seats, give them back, buy them. Each is shown at once as asked for, then
// as answered. What is refused is explained at the seat that it is about.

import { total } from './amounts';
import { type AskOptions, Fault, ask, given, type Credentials } from './api';
import type { ServerClock } from './clock';
import { HeldPrices } from './held-prices';
import {
  ConfirmSeatsDocument,
  type EventDetailsFragment,
  type MoneyInput,
  type RefusalReason,
  ReleaseSeatsDocument,
  ReserveSeatsDocument,
} from './generated/operations';
import type { SeatNumber } from './plan';
import {
  carryOut,
  MOST_AT_ONCE,
  newKey,
  newPurchase,
  type Part,
  type Purchase,
  readPurchase,
  seatIdsOf,
} from './purchase';
import { capital, whyNot } from './refusals';
import {
  BUYING,
  FREE,
  GIVING_BACK,
  HELD,
  HOLDING,
  NOTHING,
  SOLD,
  type Order,
  type Pending,
  type SeatState,
} from './state';
import {
  dateAndTime,
  duration,
  faultWords,
  seatName,
  seats as countSeats,
  shortName,
  sum,
  waitWords,
} from './words';

/** How long a refusal is believed that no frame says anything about. */
const HINT_MS = 3_000;

/** A purchase begun longer ago is not taken up again after a reload: its holds have run out. */
const PURCHASE_MS = 15 * 60_000;

export interface Note {
  /** The seat that it is about. */
  readonly seat: SeatNumber | null;
  readonly text: string;
  /** News is seen anyway and only has to be said. The rest is explained at the seat. */
  readonly kind: 'news' | 'wait' | 'refusal';
}

export interface BookingEvents {
  note(note: Note): void;
  /** What is waited for has changed. */
  waiting(count: number): void;
  /** One order, or several of a purchase that was made in parts. */
  bought(orders: readonly Order[]): void;
}

export class Booking {
  #waiting = 0;
  #isBuying = false;
  #progress: string | null = null;
  readonly #prices: HeldPrices;

  constructor(
    private readonly event: EventDetailsFragment,
    private readonly state: SeatState,
    private readonly clock: ServerClock,
    private readonly credentials: Credentials,
    private readonly events: BookingEvents,
  ) {
    this.#prices = new HeldPrices(state);
  }

  get isBuying(): boolean {
    return this.#isBuying;
  }

  /** How far a purchase in parts has come, in words. */
  get progress(): string | null {
    return this.#progress;
  }

  /** Holds a free seat, gives back one of mine, or says why neither can be. */
  choose(seat: SeatNumber): Promise<void> {
    const { state } = this;
    if (state.pending[seat] !== NOTHING) return Promise.resolve();
    if (state.held.has(seat)) return this.giveBack([seat]);
    if (state.status[seat] === FREE) return this.hold(seat);
    const name = capital(shortName(state.plan, seat));
    if (state.status[seat] === HELD)
      this.#refuse(seat, `${name} is held by someone else. It may become free again.`);
    else if (state.mine[seat] === 1) this.#refuse(seat, `${name} is yours already.`);
    else if (state.status[seat] === SOLD) this.#refuse(seat, `${name} is sold.`);
    else this.#refuse(seat, `${name} is not offered.`);
    return Promise.resolve();
  }

  hold(seat: SeatNumber): Promise<void> {
    const { state, event, clock } = this;
    return this.#while(HOLDING, [seat], async (options) => {
      const variables = { eventId: event.id, seatIds: [state.plan.idOf(seat)] };
      const asked = await ask(ReserveSeatsDocument, variables, options);
      const answer = given(asked.reserveSeats);
      switch (answer.__typename) {
        case 'ReserveSeatsSuccess':
          clock.observe(answer.serverTime);
          state.takePrices(answer.seats);
          state.takeAnswer(answer.seats, true);
          this.#note(
            seat,
            `${seatName(state.plan, seat)} is held for you for ${duration(event.holdSeconds)}.`,
          );
          break;
        case 'SeatsUnavailable':
          for (const { seatId, reason } of answer.seats)
            this.#explain(state.plan.numberOf(seatId) ?? seat, reason);
          break;
        case 'SeatLimitExceeded': {
          const { limit, held } = answer;
          const advice = state.held.size > 0 ? ' Give one back to take another.' : '';
          this.#refuse(
            seat,
            `${countSeats(limit)} is the most for one person here, and you have ${held}.${advice}`,
          );
          break;
        }
        case 'LoneSeatLeft': {
          const name = capital(shortName(state.plan, seat));
          this.#refuse(seat, `${name} would leave a single seat alone. Please choose another.`);
          break;
        }
        case 'HoldsTooFrequent': {
          const wait = (Date.parse(answer.retryAt) - clock.now()) / 1000;
          this.#refuse(
            seat,
            'You have let many seats go, so others come first for a while. ' +
              `You can take seats again in ${duration(Math.max(Math.ceil(wait), 1))}.`,
          );
          break;
        }
        case 'SalesClosed': {
          const { opensAt } = answer;
          this.#refuse(
            seat,
            opensAt === null
              ? 'Sales for this event have closed.'
              : `Sales open ${dateAndTime(opensAt)}.`,
          );
          break;
        }
      }
    });
  }

  giveBack(seats: SeatNumber[]): Promise<void> {
    const { state, event } = this;
    // Whoever gives seats back does not want a purchase of them that failed to be tried again.
    this.#store(null);
    return this.#while(GIVING_BACK, seats, async (options) => {
      const variables = {
        eventId: event.id,
        seatIds: seats.map((seat) => state.plan.idOf(seat)),
      };
      const asked = await ask(ReleaseSeatsDocument, variables, options);
      const answer = given(asked.releaseSeats);
      if (answer.__typename === 'ReleaseSeatsSuccess') {
        state.takeAnswer(answer.seats, false);
        const [first] = seats;
        const what = seats.length === 1 ? seatName(state.plan, first!) : countSeats(seats.length);
        this.#note(first!, `${what} given back.`);
      } else {
        for (const { seatId, reason } of answer.seats)
          this.#explain(state.plan.numberOf(seatId) ?? seats[0]!, reason);
      }
    });
  }

  /** Buys all that is held. Pressed again for the same seats, it is the same purchase. */
  async buy(): Promise<void> {
    const seats = this.state.buyable;
    if (seats.length === 0 || this.#isBuying) return;
    const seatIds = seats.map((seat) => this.state.plan.idOf(seat)).sort();
    const started = this.#purchase();
    const isSame = started !== null && seatIdsOf(started).join() === seatIds.join();
    const shown = (ids: readonly string[]) => this.#shownTotal(this.#numbers(ids));
    await this.#carryOut(isSame ? started : newPurchase(seatIds, shown, newKey, Date.now()));
  }

  /** Takes note that there may be seats of mine whose price is not known. */
  learnPrices(): Promise<void> {
    return this.#prices.learn({ credentials: this.credentials });
  }

  /** Takes up a purchase whose answer a reload lost: asking again gives the same answer. */
  async resume(): Promise<void> {
    const purchase = this.#purchase();
    if (purchase) await this.#carryOut(purchase);
  }

  async #carryOut(purchase: Purchase): Promise<void> {
    const orders: Order[] = [];
    this.#isBuying = true;
    try {
      await this.#while(BUYING, this.#numbers(seatIdsOf(purchase)), (options) => {
        const steps = {
          confirm: (part: Part) => this.#confirm(part, orders.length > 0, options),
          keep: (left: Purchase | null) => this.#store(left),
          progress: (bought: number, all: number) => this.#tellProgress(bought, all),
        };
        return carryOut(purchase, steps, orders);
      });
    } finally {
      this.#isBuying = false;
      this.#progress = null;
      this.events.waiting(this.#waiting);
      if (orders.length > 0) this.events.bought(orders);
    }
  }

  /** Asks for a part of a purchase; null if it was refused, which is explained. */
  async #confirm(part: Part, isLater: boolean, options: AskOptions): Promise<Order | null> {
    const { state, event } = this;
    const input = {
      eventId: event.id,
      seatIds: [...part.seatIds],
      idempotencyKey: part.key,
      expectedTotal: part.expectedTotal,
    };
    const asked = await ask(ConfirmSeatsDocument, { input }, options);
    const answer = given(asked.confirmSeats);
    switch (answer.__typename) {
      case 'ConfirmSeatsSuccess':
      case 'AlreadyConfirmed':
        state.takeOrder(answer.order);
        return answer.order;
      case 'SeatsNotHeld': {
        const rest = isLater ? ' The seats before it are bought.' : ' Nothing was bought.';
        for (const { seatId, reason } of answer.seats) {
          const seat = state.plan.numberOf(seatId);
          if (seat !== undefined) this.#explain(seat, reason, rest);
        }
        return null;
      }
      case 'PriceChanged':
        await this.#showPrices(options);
        return null;
      // The page chooses no tickets, so it is as well off as with a key of before.
      case 'TicketTypeUnavailable':
      case 'IdempotencyKeyReused':
        this.#refuse(null, 'Nothing was bought this time. Please press the button again.');
        return null;
    }
  }

  /** What was shown is not what the seats cost: shows what they do, to be bought at that. */
  async #showPrices(options: AskOptions): Promise<void> {
    await this.#prices.read(this.state.buyable, options);
    const now = sum(this.state.buyable.flatMap((seat) => this.state.priceOf(seat) ?? []));
    this.#refuse(
      null,
      `Prices have changed: your seats cost ${now} now. Press the button again to buy them.`,
    );
  }

  /** A purchase in parts takes a while: how far it is. */
  #tellProgress(bought: number, all: number): void {
    if (all <= MOST_AT_ONCE) return;
    this.#progress = `${bought} of ${countSeats(all)}`;
    this.events.waiting(this.#waiting);
    if (bought > 0) this.#note(null, `${this.#progress} bought.`);
  }

  #numbers(seatIds: readonly string[]): SeatNumber[] {
    return seatIds.flatMap((id) => this.state.plan.numberOf(id) ?? []);
  }

  /** Marks the seats as waited for while something is asked, and tells a person if it fails. */
  async #while(
    what: Pending,
    seats: SeatNumber[],
    work: (options: AskOptions) => Promise<void>,
  ): Promise<void> {
    const { state } = this;
    for (const seat of seats) state.setPending(seat, what);
    this.events.waiting((this.#waiting += 1));
    try {
      const onWait = (fault: Fault) =>
        this.events.note({ seat: seats[0] ?? null, text: waitWords(fault), kind: 'wait' });
      await work({ credentials: this.credentials, onWait });
    } catch (error) {
      if (!(error instanceof Fault)) console.error(error);
      this.#refuse(seats[0] ?? null, faultWords(error));
    } finally {
      // A hold can be bought before its own answer is here; then the seat waits for the purchase.
      for (const seat of seats) if (state.pending[seat] === what) state.setPending(seat, NOTHING);
      this.events.waiting((this.#waiting -= 1));
      // Of a hold whose answer was lost, or came late, only the stream has told.
      void this.learnPrices();
    }
  }

  /** What the page says that the seats cost: nothing is bought at another price. */
  #shownTotal(seats: readonly SeatNumber[]): MoneyInput | null {
    const shown = total(seats.flatMap((seat) => this.state.priceOf(seat) ?? []));
    return shown && { amountMinor: shown.amountMinor, currency: shown.currency };
  }

  #explain(seat: SeatNumber, reason: RefusalReason, consequence = ''): void {
    this.#believe(seat, reason);
    this.#refuse(seat, `${whyNot(shortName(this.state.plan, seat), reason)}${consequence}`);
  }

  /** A refusal knows more of a seat than this page does. */
  #believe(seat: SeatNumber, reason: RefusalReason): void {
    if (reason === 'RESERVED_BY_ANOTHER' || reason === 'HELD_BY_ANOTHER')
      this.state.takeHint(seat, HELD, this.clock.now() + HINT_MS);
    else if (reason === 'CONFIRMED' || reason === 'CONFIRMED_TO_ANOTHER')
      this.state.takeHint(seat, SOLD, this.clock.now() + HINT_MS);
  }

  #note(seat: SeatNumber | null, text: string): void {
    this.events.note({ seat, text, kind: 'news' });
  }

  #refuse(seat: SeatNumber | null, text: string): void {
    this.events.note({ seat, text, kind: 'refusal' });
  }

  get #storageKey(): string {
    return `grand-arena.purchase.${this.event.id}`;
  }

  #unstored: Purchase | null = null;

  #purchase(): Purchase | null {
    let purchase = this.#unstored;
    try {
      const kept = localStorage.getItem(this.#storageKey);
      purchase = readPurchase(JSON.parse(kept ?? 'null')) ?? purchase;
    } catch {
      // Nothing is stored here.
    }
    return purchase && Date.now() - purchase.begunAt < PURCHASE_MS ? purchase : null;
  }

  #store(purchase: Purchase | null): void {
    this.#unstored = purchase;
    try {
      if (purchase) localStorage.setItem(this.#storageKey, JSON.stringify(purchase));
      else localStorage.removeItem(this.#storageKey);
    } catch {
      // It lasts as long as the page.
    }
  }
}
