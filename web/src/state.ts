// What becomes of the seats: a map, and every change since, folded by revision.
//
// News of a seat comes from four sides: the map, the stream of changes, the stream of what is mine,
// and answers. Each piece carries the revision of the seat's last change, and the newest wins; so
// they may come in any order. The stream is held to more: its frames must follow each other without
// a hole.
//
// A hold of mine that has run out reads as free as soon as the server's clock says so; I do not
// wait for the news of it. When another's ends, nobody is told beforehand.

import type {
  ChangeCause,
  MyReservationsSubscription,
  OrderDetailsFragment,
  OwnSeatFragment,
  SeatChangesSubscription,
  SeatStateFragment,
  SeatStatus,
} from './generated/operations';
import type { Plan, SeatNumber } from './plan';

type StreamItem = SeatChangesSubscription['seatChanges'];
export type Changes = Extract<StreamItem, { __typename: 'SeatChanges' }>;
export type Snapshot = Extract<StreamItem, { __typename: 'SeatSnapshot' }>;
export type Own = MyReservationsSubscription['myReservations'];
export type Order = OrderDetailsFragment;

export const FREE = 0;
export const HELD = 1;
export const SOLD = 2;
export type Status = typeof FREE | typeof HELD | typeof SOLD;
const STATUS: Record<SeatStatus, Status> = { AVAILABLE: FREE, RESERVED: HELD, CONFIRMED: SOLD };

/** What I have asked for and have no answer to yet. */
export const NOTHING = 0;
export const HOLDING = 1;
export const GIVING_BACK = 2;
export const BUYING = 3;
export type Pending = typeof NOTHING | typeof HOLDING | typeof GIVING_BACK | typeof BUYING;

/** How many seats are free, held and sold. */
export type Counts = [free: number, held: number, sold: number];

export interface Watcher {
  /** Something about this seat looks different now. */
  seatChanged(seat: SeatNumber): void;
  /** A seat that I held is no longer mine, and not because this page gave it back. */
  seatLost(seat: SeatNumber, cause: ChangeCause): void;
}

interface News {
  status: SeatStatus;
  /** Of my own holds only. */
  reservationExpiresAt?: string | null;
  revision: number;
}

export class SeatState {
  readonly status: Uint8Array;
  /** Whether the seat is held or owned by me. */
  readonly mine: Uint8Array;
  readonly pending: Uint8Array;
  /**
   * When each of my holds ends, in milliseconds of the server's clock; 0 for all other seats. It is
   * the stream that tells when another's has ended.
   */
  readonly expiresAt: Float64Array;
  /** The seats that I hold now, in the order in which I got to know. */
  readonly held = new Set<SeatNumber>();
  readonly orders = new Map<string, Order>();
  readonly total: Counts = [0, 0, 0];
  readonly ofSection: Counts[];
  readonly ofCategory: Counts[];
  /** The revision that the stream has brought us to: what it goes on after. */
  revision = 0;
  /** The revision of each seat's last change. */
  readonly #revisions: Float64Array;
  readonly #forSale: Uint8Array;
  readonly #section: Uint32Array;

  constructor(
    readonly plan: Plan,
    private readonly watcher: Watcher,
  ) {
    this.status = new Uint8Array(plan.size);
    this.mine = new Uint8Array(plan.size);
    this.pending = new Uint8Array(plan.size);
    this.expiresAt = new Float64Array(plan.size);
    this.#revisions = new Float64Array(plan.size);
    this.#forSale = Uint8Array.from(plan.seats, (seat) => Number(seat.forSale));
    this.#section = Uint32Array.from(plan.seats, (_, seat) => plan.sectionOf(seat).index);
    this.ofSection = plan.sections.map(() => [0, 0, 0]);
    this.ofCategory = plan.categories.map(() => [0, 0, 0]);
    for (let seat = 0; seat < plan.size; seat++) this.#count(seat, 1);
  }

  /**
   * The held seats that a purchase takes: all but those that are being given back. The stream may
   * tell of a hold before its answer does; it is one from then on.
   */
  get buyable(): SeatNumber[] {
    return [...this.held].filter((seat) => this.pending[seat] !== GIVING_BACK);
  }

  isForSale(seat: SeatNumber): boolean {
    return this.#forSale[seat] === 1;
  }

  /** A whole map that was asked for. One that is older than what is known brings nothing. */
  takeMap(revision: number, seats: readonly SeatStateFragment[]): void {
    for (const news of seats) {
      const seat = this.plan.numberOf(news.id);
      if (seat !== undefined && news.revision >= this.#revisions[seat]!) {
        this.#take(seat, news, this.#isStillMine(seat, news));
      }
    }
    this.revision = Math.max(this.revision, revision);
  }

  /**
   * The stream begins anew. UNKNOWN_REVISION says that what we had is of another history: it goes.
   */
  takeSnapshot({ revision, reason, seats }: Snapshot): void {
    const isOtherHistory = reason === 'UNKNOWN_REVISION';
    for (const news of seats) {
      const seat = this.plan.numberOf(news.seatId);
      // Answers to what I do may have run ahead of the stream.
      if (seat === undefined || (!isOtherHistory && this.#revisions[seat]! > revision)) continue;
      if (isOtherHistory) this.expiresAt[seat] = 0;
      this.#take(seat, news, !isOtherHistory && this.#isStillMine(seat, news));
    }
    this.revision = revision;
  }

  /**
   * The next changes. False after a hole: then the stream has to be taken up again at `revision`.
   */
  takeChanges({ fromRevision, toRevision, changes }: Changes): boolean {
    if (fromRevision > this.revision + 1) return false;
    for (const change of changes) {
      const seat = this.plan.numberOf(change.seatId);
      if (seat === undefined || change.revision <= this.#revisions[seat]!) continue;
      const wasHeldByMe = this.held.has(seat);
      // Nobody but its holder can buy a seat.
      this.#take(seat, change, change.cause === 'CONFIRMED' && this.mine[seat] === 1);
      const isExpected = this.pending[seat] === GIVING_BACK;
      if (wasHeldByMe && change.status === 'AVAILABLE' && !isExpected)
        this.watcher.seatLost(seat, change.cause);
    }
    this.revision = Math.max(this.revision, toRevision);
    return true;
  }

  /** All that is mine as of one revision. What has changed after it is left alone. */
  takeOwn({ revision, held, orders }: Own): void {
    const mine = new Set<SeatNumber>();
    for (const news of [...held, ...orders.flatMap((order) => order.seats)]) {
      const seat = this.plan.numberOf(news.id);
      if (seat === undefined) continue;
      mine.add(seat);
      if (news.revision >= this.#revisions[seat]!) this.#take(seat, news, true);
    }
    for (let seat = 0; seat < this.plan.size; seat++) {
      if (this.mine[seat] === 1 && !mine.has(seat) && this.#revisions[seat]! <= revision)
        this.#setMine(seat, false);
    }
    for (const order of orders) this.orders.set(order.id, order);
  }

  /** The answer to what I did. It may come before the stream shows it, or after. */
  takeAnswer(seats: readonly (SeatStateFragment | OwnSeatFragment)[], areMine: boolean): void {
    for (const news of seats) {
      const seat = this.plan.numberOf(news.id);
      if (seat !== undefined && news.revision >= this.#revisions[seat]!)
        this.#take(seat, news, areMine);
    }
  }

  takeOrder(order: Order): void {
    this.orders.set(order.id, order);
    this.takeAnswer(order.seats, true);
  }

  /**
   * What a refusal says of a seat, without a revision. It counts until the stream says more, or
   * until `until`: a hold may have ended since, and then the stream says nothing more.
   */
  takeHint(seat: SeatNumber, status: typeof HELD | typeof SOLD, until: number): void {
    if (this.status[seat] === status) return;
    this.#set(seat, status, status === HELD ? until : 0);
    this.#setMine(seat, false);
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
  }

  /** Ends the holds that have run out by `now`. Gives when the next one does, or Infinity. */
  expire(now: number): number {
    let next = Infinity;
    for (let seat = 0; seat < this.plan.size; seat++) {
      const end = this.expiresAt[seat]!;
      if (end === 0) continue;
      if (end > now) {
        next = Math.min(next, end);
        continue;
      }
      const wasHeldByMe = this.held.has(seat);
      this.#set(seat, FREE, 0);
      this.#setMine(seat, false);
      if (wasHeldByMe) this.watcher.seatLost(seat, 'EXPIRED');
    }
    return next;
  }

  /** A seat that has not changed since, and is not free again, is as much mine as it was. */
  #isStillMine(seat: SeatNumber, news: News): boolean {
    return (
      this.mine[seat] === 1 &&
      news.revision === this.#revisions[seat] &&
      news.status !== 'AVAILABLE'
    );
  }

  #take(seat: SeatNumber, news: News, isMine: boolean): void {
    const end = this.#endOf(seat, news);
    this.#revisions[seat] = news.revision;
    this.#set(seat, STATUS[news.status], end);
    this.#setMine(seat, isMine);
  }

  /** What is told to everybody does not say when a hold ends: the same hold ends as it did. */
  #endOf(seat: SeatNumber, { status, reservationExpiresAt, revision }: News): number {
    if (reservationExpiresAt) return Date.parse(reservationExpiresAt);
    const isSameHold = status === 'RESERVED' && revision === this.#revisions[seat];
    return isSameHold ? this.expiresAt[seat]! : 0;
  }

  #set(seat: SeatNumber, status: Status, expiresAt: number): void {
    this.expiresAt[seat] = expiresAt;
    if (this.status[seat] === status) return;
    this.#count(seat, -1);
    this.status[seat] = status;
    this.#count(seat, 1);
    this.watcher.seatChanged(seat);
  }

  #setMine(seat: SeatNumber, isMine: boolean): void {
    if (isMine && this.status[seat] === HELD) this.held.add(seat);
    else this.held.delete(seat);
    if (this.mine[seat] === Number(isMine)) return;
    this.mine[seat] = Number(isMine);
    this.watcher.seatChanged(seat);
  }

  /** Free seats that are not for sale count nowhere. */
  #count(seat: SeatNumber, by: number): void {
    const status = this.status[seat] as Status;
    if (status === FREE && this.#forSale[seat] === 0) return;
    this.total[status] += by;
    this.ofSection[this.#section[seat]!]![status] += by;
    const category = this.ofCategory[this.plan.category[seat]!];
    if (category) category[status] += by;
  }
}
