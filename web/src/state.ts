// What becomes of the seats: what the map's frames say of all, and what is known of some beyond
// that.
//
// A frame is true for a revision: whole, or what differs from the frame before it. Answers to what
// I do carry the revision of a seat's last change, and may run ahead of the frames. What is newer
// than the newest frame is shown over it, until a frame is as new.
//
// What is mine is told by a stream of its own and by answers, never by frames, which are the same
// for everybody. A hold of mine that has run out reads as free as soon as the server's clock says
// so; I do not wait for the news of it. When another's ends, nobody is told beforehand.
//
// A hold keeps the price that its seat had when it began. Of a seat that changes hands, the price
// is not known until it is read anew.

import type { Amount } from './amounts';
import type {
  MyReservationsSubscription,
  OrderDetailsFragment,
  OwnSeatFragment,
  SeatPricesFragment,
  SeatStateFragment,
  SeatStatus,
  StatusesFragment,
} from './generated/operations';
import type { Plan, SeatNumber } from './plan';

export type Frame = StatusesFragment;
export type Own = MyReservationsSubscription['myReservations'];
export type Order = OrderDetailsFragment;

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
/** Nobody's, and not offered. */
export const CLOSED = 3;
export type Status = typeof FREE | typeof HELD | typeof SOLD | typeof CLOSED;
const STATUS: Record<SeatStatus, Status> = { AVAILABLE: FREE, RESERVED: HELD, CONFIRMED: SOLD };

/** The statuses of a frame's letters, by their codes. A letter that is not known offers nothing. */
const OF_LETTER = new Uint8Array(128).fill(CLOSED);
for (const [letter, status] of [
  ['A', FREE],
  ['R', HELD],
  ['C', SOLD],
] as const)
  OF_LETTER[letter.charCodeAt(0)] = status;

/** What I have asked for and have no answer to yet. */
export const NOTHING = 0;
export const HOLDING = 1;
export const GIVING_BACK = 2;
export const BUYING = 3;
export type Pending = typeof NOTHING | typeof HOLDING | typeof GIVING_BACK | typeof BUYING;

/** How many seats are free, held and sold. */
export type Counts = [free: number, held: number, sold: number];

/**
 * How long a hold of mine that has run out reads as free without a frame that says so: the server
 * ends holds within a second.
 */
const RUN_OUT_MS = 5_000;

export interface Watcher {
  /** Something about this seat looks different now. */
  seatChanged(seat: SeatNumber): void;
  /** A seat that I held is no longer mine, and not because this page gave it back. */
  seatLost(seat: SeatNumber, hasRunOut: boolean): void;
}

/** What is known of a seat beyond the frames. */
interface News {
  readonly status: Status;
  /** A frame that is as new knows better. Infinity: what has no revision. */
  readonly revision: number;
  /** By the server's clock. */
  readonly until: number;
}

/** What a seat costs me, as of a revision of it. */
interface Cost {
  readonly price: Amount;
  readonly revision: number;
}

export class SeatState {
  /** As each seat is shown. */
  readonly status: Uint8Array;
  /** Whether the seat is held or owned by me. */
  readonly mine: Uint8Array;
  readonly pending: Uint8Array;
  /** When each of my holds ends, in milliseconds of the server's clock; 0 for all other seats. */
  readonly expiresAt: Float64Array;
  /** The seats that I hold now, in the order in which I got to know. */
  readonly held = new Set<SeatNumber>();
  readonly orders = new Map<string, Order>();
  readonly total: Counts = [0, 0, 0];
  readonly ofSection: Counts[];
  readonly ofCategory: Counts[];
  /** The revision of the newest frame. */
  #revision = -1;
  /** What the frames say of each seat. */
  readonly #told: Uint8Array;
  /** What is shown over that. */
  readonly #news = new Map<SeatNumber, News>();
  /** The revision at which I got to know that a seat is mine, or is not. */
  readonly #ownRevisions: Float64Array;
  /** The revision of the newest word on all that is mine. */
  #ownRevision = -1;
  readonly #costs = new Map<SeatNumber, Cost>();

  constructor(
    readonly plan: Plan,
    private readonly watcher: Watcher,
  ) {
    const { size } = plan;
    this.status = new Uint8Array(size).fill(CLOSED);
    this.#told = new Uint8Array(size).fill(CLOSED);
    this.mine = new Uint8Array(size);
    this.pending = new Uint8Array(size);
    this.expiresAt = new Float64Array(size);
    this.#ownRevisions = new Float64Array(size);
    this.ofSection = plan.sections.map(() => [0, 0, 0]);
    this.ofCategory = plan.categories.map(() => [0, 0, 0]);
  }

  /**
   * The held seats that a purchase takes: all but those that are being given back. The stream may
   * tell of a hold before its answer does; it is one from then on.
   */
  get buyable(): SeatNumber[] {
    return [...this.held].filter((seat) => this.pending[seat] !== GIVING_BACK);
  }

  /** The held seats whose own price is still to be read: not those whose answer will have it. */
  get unpriced(): SeatNumber[] {
    const isUnknown = (seat: SeatNumber) => this.#ownPrice(seat) === undefined;
    return [...this.held].filter((seat) => this.pending[seat] !== HOLDING && isUnknown(seat));
  }

  /** What a seat costs me; of one that I hold, as good as it is known. */
  priceOf(seat: SeatNumber): Amount | undefined {
    return this.#ownPrice(seat) ?? this.plan.categoryOf(seat)?.price;
  }

  /** What seats cost me, as it was read. */
  takePrices(seats: readonly SeatPricesFragment[]): void {
    for (const { id, revision, ticketTypes } of seats) {
      const seat = this.plan.numberOf(id);
      const price = ticketTypes[0]?.price;
      if (seat === undefined || !price || revision < (this.#costs.get(seat)?.revision ?? 0))
        continue;
      this.#costs.set(seat, { price, revision });
      this.watcher.seatChanged(seat);
    }
  }

  /** The next frame. False if it is of another plan: then nothing of it is taken. */
  takeFrame({ revision, planVersion, places, statuses }: Frame): boolean {
    const { size, version } = this.plan;
    const count = places?.length ?? size;
    const isPlace = (place: number) => place >= 0 && place < size;
    if (planVersion !== version || statuses.length !== count || !(places?.every(isPlace) ?? true))
      return false;
    this.#revision = revision;
    const outdated = [...this.#news].filter(([, news]) => news.revision <= revision);
    for (const [seat] of outdated) this.#news.delete(seat);
    for (let index = 0; index < count; index++) {
      const seat = places ? places[index]! : index;
      const status = OF_LETTER[statuses.charCodeAt(index)] ?? CLOSED;
      if (this.#told[seat] === status) continue;
      this.#told[seat] = status;
      // Of what has no revision, a frame that says something new knows more.
      if (this.#news.get(seat)?.revision === Infinity) this.#news.delete(seat);
      this.#show(seat);
    }
    for (const [seat] of outdated) this.#show(seat);
    return true;
  }

  /** All that is mine as of one revision. What I got to know after it is left alone. */
  takeOwn({ revision, held, orders, expired }: Own): void {
    const own = new Set<SeatNumber>();
    for (const news of [...held, ...orders.flatMap((order) => order.seats)]) {
      const seat = this.plan.numberOf(news.id);
      if (seat === undefined) continue;
      own.add(seat);
      if (news.revision >= this.#ownRevisions[seat]!) this.#take(seat, news, true);
    }
    const hasRunOut = new Set(expired.map((id) => this.plan.numberOf(id)));
    for (let seat = 0; seat < this.plan.size; seat++) {
      const isGone = this.mine[seat] === 1 && !own.has(seat);
      if (!isGone || this.#ownRevisions[seat]! > revision) continue;
      const isLost = this.held.has(seat) && this.pending[seat] !== GIVING_BACK;
      this.#setMine(seat, false);
      if (isLost) this.watcher.seatLost(seat, hasRunOut.has(seat));
    }
    this.#ownRevision = revision;
    for (const order of orders) this.orders.set(order.id, order);
  }

  /** The answer to what I did. It may come before the streams show it, or after. */
  takeAnswer(seats: readonly (SeatStateFragment | OwnSeatFragment)[], areMine: boolean): void {
    for (const news of seats) {
      const seat = this.plan.numberOf(news.id);
      // The word on all that is mine may have come before, and be newer.
      const isKnown = areMine && news.revision <= this.#ownRevision;
      if (seat !== undefined && !isKnown && news.revision >= this.#ownRevisions[seat]!)
        this.#take(seat, news, areMine);
    }
  }

  takeOrder(order: Order): void {
    this.orders.set(order.id, order);
    this.takeAnswer(order.seats, true);
  }

  /**
   * What a refusal says of a seat, without a revision. It counts until a frame says something new
   * of the seat, or until `until`.
   */
  takeHint(seat: SeatNumber, status: typeof HELD | typeof SOLD, until: number): void {
    this.#setMine(seat, false);
    this.#put(seat, { status, revision: Infinity, until });
  }

  setPending(seat: SeatNumber, pending: Pending): void {
    if (this.pending[seat] === pending) return;
    this.pending[seat] = pending;
    this.watcher.seatChanged(seat);
  }

  /** Another viewer from now on: nothing is mine until it is said again. */
  forgetOwn(): void {
    for (let seat = 0; seat < this.plan.size; seat++)
      if (this.mine[seat] === 1) this.#setMine(seat, false);
    this.orders.clear();
    this.#costs.clear();
    this.#ownRevision = -1;
  }

  /** Ends what has run out by `now`. Gives when the next does, or Infinity. */
  expire(now: number): number {
    for (const seat of this.held) {
      if (this.expiresAt[seat]! > now) continue;
      this.#setMine(seat, false);
      this.#put(seat, { status: FREE, revision: Infinity, until: now + RUN_OUT_MS });
      this.watcher.seatLost(seat, true);
    }
    for (const [seat, { until }] of this.#news) {
      if (until > now) continue;
      this.#news.delete(seat);
      this.#show(seat);
    }
    const ends = [...this.held].map((seat) => this.expiresAt[seat]!);
    return Math.min(...ends, ...[...this.#news.values()].map(({ until }) => until));
  }

  /** What a seat that I hold costs, unless that was read before the hold began. */
  #ownPrice(seat: SeatNumber): Amount | undefined {
    const cost = this.held.has(seat) ? this.#costs.get(seat) : undefined;
    return cost && cost.revision >= this.#ownRevisions[seat]! ? cost.price : undefined;
  }

  #take(
    seat: SeatNumber,
    { status, revision, ...news }: SeatStateFragment | OwnSeatFragment,
    isMine: boolean,
  ): void {
    this.#ownRevisions[seat] = revision;
    if (revision > this.#revision)
      this.#put(seat, { status: STATUS[status], revision, until: Infinity });
    const end = 'reservationExpiresAt' in news ? news.reservationExpiresAt : null;
    this.#setMine(seat, isMine, isMine && end ? Date.parse(end) : 0);
  }

  #put(seat: SeatNumber, news: News): void {
    this.#news.set(seat, news);
    this.#show(seat);
  }

  /** Shows a seat as what is known of it says. */
  #show(seat: SeatNumber): void {
    const status = this.#news.get(seat)?.status ?? this.#told[seat]!;
    if (this.status[seat] === status) return;
    this.#count(seat, -1);
    this.status[seat] = status;
    this.#count(seat, 1);
    this.watcher.seatChanged(seat);
  }

  /** @param end when my hold ends; 0 if it is none */
  #setMine(seat: SeatNumber, isMine: boolean, end = 0): void {
    this.expiresAt[seat] = end;
    if (end > 0) this.held.add(seat);
    else this.held.delete(seat);
    if (this.mine[seat] === Number(isMine)) return;
    this.mine[seat] = Number(isMine);
    this.watcher.seatChanged(seat);
  }

  /** Seats that are not offered count nowhere. */
  #count(seat: SeatNumber, by: number): void {
    const status = this.status[seat] as Status;
    if (status === CLOSED) return;
    this.total[status] += by;
    this.ofSection[this.plan.sectionOf(seat).index]![status] += by;
    const category = this.ofCategory[this.plan.category[seat]!];
    if (category) category[status] += by;
  }
}
