// One event on the page: its seats, live. Brings together the state, the connection, the map, the
// list and the panel.

import { nothing, render, type TemplateResult } from 'lit-html';
import { ask, given, MAP_TIMEOUT_MS } from './api';
import { Booking, type Note } from './booking';
import { ServerClock } from './clock';
import { LiveConnection, type LiveState } from './connection';
import { placeBeside, targetDetails, targetWords } from './details';
import {
  type ChangeCause,
  type EventDetailsFragment,
  SeatMapDocument,
  SeatStatesDocument,
} from './generated/operations';
import { list } from './list';
import { SeatMap, type Target } from './map';
import { placeNote } from './note';
import { categoryColors } from './palette';
import { orderDetails, panel } from './panel';
import { Plan, type Point, type SeatNumber, type Section, type WholeMap } from './plan';
import { GuestSession } from './session';
import { onReturn } from './sleep';
import { type Order, SeatState } from './state';
import { css, type Theme } from './theme';
import { duration, seats, shortName } from './words';

/** How often figures are written anew while many seats change: faster than anybody reads. */
const FIGURES_EVERY_MS = 250;

/** How long an explanation stays on the map. */
const NOTE_MS = 7_000;

/** When a person is told that time runs out, in seconds before. */
const WARNINGS_S = [60, 15];

export interface PageParts {
  readonly map: HTMLElement;
  readonly tooltip: HTMLElement;
  readonly note: HTMLElement;
  readonly list: HTMLElement;
  readonly panel: HTMLElement;
  readonly dialog: HTMLDialogElement;
  /** Says something to those who cannot see it; at once if it is urgent. */
  announce(text: string, isUrgent?: boolean): void;
  /** @param asOf when what is shown was true, on our own clock. */
  showLive(state: LiveState, asOf: number): void;
  setListOpen(isOpen: boolean): void;
  readonly isCalm: () => boolean;
  readonly theme: Theme;
}

export class EventPage {
  readonly #plan: Plan;
  readonly #state: SeatState;
  readonly #map: SeatMap;
  readonly #booking: Booking;
  readonly #connection: LiveConnection;
  readonly #clock: ServerClock;
  readonly #categoryStyles = new CSSStyleSheet();
  readonly #closing = new AbortController();
  #category: number | null = null;
  #listSection: Section | null = null;
  #listTabStop: SeatNumber | null = null;
  #listShowsAllRows = false;
  #isListOpen = false;
  #note: Note | null = null;
  /** What the keyboard points at on the map. */
  #focused: Target | null = null;
  /** What the details at the mouse or the keyboard's place are about. */
  #described: Target | null = null;
  readonly #lost: SeatNumber[] = [];
  #noteTimer: ReturnType<typeof setTimeout> | undefined;
  #figuresTimer: ReturnType<typeof setTimeout> | undefined;
  #expiryTimer: ReturnType<typeof setTimeout> | undefined;
  #warned = Infinity;

  /** Asks for what an event's page begins with. */
  static async load(event: EventDetailsFragment): Promise<WholeMap> {
    const variables = { eventId: event.id };
    return given((await ask(SeatMapDocument, variables, { timeoutMs: MAP_TIMEOUT_MS })).seatMap);
  }

  constructor(
    private readonly event: EventDetailsFragment,
    seatMap: WholeMap,
    private readonly parts: PageParts,
  ) {
    const plan = (this.#plan = new Plan(seatMap.seats, event.categories));
    this.#clock = new ServerClock();
    this.#clock.observe(seatMap.serverTime);
    const state = (this.#state = new SeatState(plan, {
      seatChanged: (seat) => this.#seatChanged(seat),
      seatLost: (seat, cause) => this.#seatLost(seat, cause),
    }));
    state.takeMap(seatMap.revision, seatMap.seats);
    this.#map = new SeatMap(parts.map, plan, state, parts.theme.colors(), parts.isCalm, {
      chooseSeat: (seat) => this.#choose(seat),
      point: (target, at) => this.#showTooltip(target, at),
      moveTo: (target) => {
        this.#focused = target;
        if (target) parts.announce(targetWords(target, plan, state));
        this.#showFocused();
      },
      moved: () => {
        this.#placeNote();
        if (this.#focused) this.#showFocused();
      },
    });
    const session = this.#session();
    this.#booking = new Booking(event, state, this.#clock, session, {
      note: (note) => this.#show(note),
      waiting: (waiting) => {
        this.#map.setWaiting(waiting);
        this.#renderNow();
      },
      bought: (order) => this.#showOrder(order),
    });
    this.#connection = new LiveConnection({
      eventId: event.id,
      credentials: session,
      since: () => state.revision,
      seats: (item) => {
        if (item.__typename === 'SeatSnapshot') state.takeSnapshot(item);
        else if (!state.takeChanges(item)) return false;
        else this.#clock.observe(item.changes[item.changes.length - 1]!.changedAt);
        this.#scheduleExpiry();
        return true;
      },
      own: (own) => {
        state.takeOwn(own);
        this.#scheduleExpiry();
        this.#renderNow();
      },
      onState: (live, heardAt) => parts.showLive(live, heardAt),
    });
    parts.showLive('connecting', Date.now());
    this.setColors();
    document.adoptedStyleSheets = [this.#categoryStyles];
    this.#listen();
    this.#scheduleExpiry();
    this.#renderNow();
    void this.#booking.resume();
  }

  /** Who buys here; the connection goes over to what is theirs once they are known. */
  #session(): GuestSession {
    const ended = () => {
      this.#state.forgetOwn();
      const text = 'Your session has ended: what was held in it is not yours any more.';
      this.#show({ seat: null, text, kind: 'refusal' });
      this.#connection.identify();
    };
    const began = () => this.#connection.identify();
    return new GuestSession({ began, ended }, this.#closing.signal);
  }

  close(): void {
    this.#closing.abort();
    this.#connection.stop();
    this.#map.close();
    for (const timer of [this.#noteTimer, this.#figuresTimer, this.#expiryTimer])
      clearTimeout(timer);
    this.#noteTimer = this.#figuresTimer = undefined;
    this.parts.tooltip.hidden = this.parts.note.hidden = true;
    render(nothing, this.parts.panel);
    render(nothing, this.parts.list);
  }

  setColors(): void {
    const colors = this.parts.theme.colors();
    this.#map.setColors(colors);
    // The legend shows the very colours of the map.
    const rules = categoryColors(this.#plan, colors).map(
      (color, index) => `.category-${index} { fill: ${css(color)} }`,
    );
    this.#categoryStyles.replaceSync(rules.join('\n'));
  }

  showAll(): void {
    this.#map.showAll();
  }

  zoom(factor: number): void {
    this.#map.zoom(factor);
  }

  setListOpen(isOpen: boolean): void {
    this.#isListOpen = isOpen;
    this.#renderNow();
    if (isOpen) this.parts.list.querySelector<HTMLElement>('button, [tabindex="0"]')?.focus();
  }

  #choose(seat: SeatNumber): void {
    void this.#booking.choose(seat);
    this.#renderNow();
  }

  #seatChanged(seat: SeatNumber): void {
    // A change may come before everything is made.
    this.#map?.seatChanged(seat);
    this.#figuresTimer ??= setTimeout(() => this.#renderNow(), FIGURES_EVERY_MS);
  }

  /** Several seats that are lost at the same moment are one piece of news. */
  #seatLost(seat: SeatNumber, cause: ChangeCause): void {
    this.#lost.push(seat);
    if (this.#lost.length > 1) return;
    queueMicrotask(() => {
      const lost = this.#lost.splice(0);
      const what = lost.length === 1 ? shortName(this.#plan, seat) : `your ${seats(lost.length)}`;
      const isOver = cause === 'EXPIRED';
      const text = isOver
        ? `The time for ${what} has run out.`
        : `Given back in another window: ${what}.`;
      this.#show({ seat, text, kind: isOver ? 'refusal' : 'news' });
    });
  }

  // Time.

  /** Ends holds when the server's clock says so, and counts down what is mine. */
  #scheduleExpiry(): void {
    clearTimeout(this.#expiryTimer);
    if (this.#closing.signal.aborted) return;
    const now = this.#clock.now();
    const next = this.#state.expire(now);
    const isCounting = this.#state.held.size > 0;
    if (isCounting) this.#warn(now);
    else this.#warned = Infinity;
    // While a countdown is on the page, at each of its seconds.
    const mine = Math.min(...[...this.#state.held].map((seat) => this.#state.expiresAt[seat]!));
    const wait = isCounting ? Math.min(next - now, ((mine - now - 1) % 1000) + 1) : next - now;
    if (wait === Infinity) return;
    this.#expiryTimer = setTimeout(
      () => {
        this.#scheduleExpiry();
        if (isCounting) this.#renderNow();
      },
      Math.min(Math.max(wait, 20), 60_000),
    );
  }

  #warn(now: number): void {
    const left =
      Math.min(...[...this.#state.held].map((seat) => this.#state.expiresAt[seat]!)) - now;
    const due = WARNINGS_S.filter((seconds) => left <= seconds * 1000);
    const next = Math.min(...due);
    if (due.length > 0 && next < this.#warned) {
      this.#warned = next;
      this.parts.announce(
        `${duration(Math.max(Math.ceil(left / 1000), 1))} left to buy your seats.`,
        true,
      );
    } else if (due.length === 0) this.#warned = Infinity;
  }

  // Words and pictures.

  /** Everything beside the map. */
  #renderNow(): void {
    clearTimeout(this.#figuresTimer);
    this.#figuresTimer = undefined;
    if (this.#closing.signal.aborted) return;
    const { parts } = this;
    const model = {
      event: this.event,
      plan: this.#plan,
      state: this.#state,
      category: this.#category,
      now: this.#clock.now(),
      isBuying: this.#booking.isBuying,
    };
    const view = panel(model, {
      pickCategory: (category) => {
        this.#category = category;
        this.#map.setCategory(category);
        this.#renderNow();
      },
      giveBack: (taken) => void this.#booking.giveBack(taken),
      buy: () => void this.#booking.buy(),
      showSeat: (seat) => {
        this.#map.showSeat(seat);
        this.#map.highlight(seat);
      },
      showOrder: (order) => this.#showOrder(order),
    });
    if (this.#described) render(this.#details(this.#described), parts.tooltip);
    const hadFocus = parts.panel.contains(document.activeElement);
    render(view, parts.panel);
    // The button that was pressed may have gone with its seat: the focus must stay on the page.
    if (hadFocus && !parts.panel.contains(document.activeElement))
      parts.panel.querySelector<HTMLElement>('#cart-title')?.focus();
    if (this.#isListOpen) this.#renderList();
    else render(nothing, parts.list);
  }

  #renderList(): void {
    const { parts } = this;
    const model = {
      plan: this.#plan,
      state: this.#state,
      section: this.#listSection,
      tabStop: this.#listTabStop,
      showsAllRows: this.#listShowsAllRows,
      note: this.#note,
    };
    const view = list(model, {
      openSection: (section) => this.#openInList(section),
      choose: (seat) => this.#choose(seat),
      focus: (seat) => {
        if (seat !== null) this.#listTabStop = seat;
        this.#map.highlight(seat);
      },
      showAllRows: () => {
        this.#listShowsAllRows = true;
        this.#renderNow();
      },
      close: () => parts.setListOpen(false),
    });
    render(view, parts.list);
  }

  #openInList(section: Section | null): void {
    const before = this.#listSection;
    this.#listSection = section;
    this.#listShowsAllRows = false;
    this.#renderNow();
    if (section) this.#map.showSection(section);
    else this.#map.showAll();
    // The focus goes to where one would go on from.
    const { list } = this.parts;
    list.scrollTop = 0;
    (section
      ? list.querySelector<HTMLElement>('[data-seat][tabindex="0"]')
      : list.querySelector<HTMLElement>(`#section-${before?.index ?? 0}`)
    )?.focus();
  }

  #showTooltip(target: Target | null, at: Point | null): void {
    const { tooltip, map } = this.parts;
    tooltip.hidden = target === null || at === null;
    this.#described = at && target;
    if (!target || !at) return;
    render(this.#details(target), tooltip);
    placeBeside(at, tooltip, map);
  }

  #details(target: Target): TemplateResult {
    return targetDetails(target, this.#plan, this.#state, this.#clock.now());
  }

  /** The keyboard's place has its details beside it, as the mouse's has. */
  #showFocused(): void {
    const target = this.#focused;
    if (!target) return this.#showTooltip(null, null);
    const { box } = target.section;
    const at =
      target.seat === null
        ? { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
        : this.#plan.at(target.seat);
    this.#showTooltip(target, this.#map.view.toScreen(at));
  }

  /** Explains something at the seat that it is about, and says it aloud. */
  #show(note: Note): void {
    if (this.#closing.signal.aborted) return;
    this.#note = note.kind === 'news' ? null : note;
    this.parts.announce(note.text, note.kind === 'refusal');
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => {
      this.#note = null;
      this.#placeNote();
      this.#renderNow();
    }, NOTE_MS);
    this.#placeNote();
    this.#scheduleExpirySoon();
  }

  /** What has just happened may have set a countdown going. */
  #scheduleExpirySoon(): void {
    queueMicrotask(() => {
      this.#scheduleExpiry();
      this.#renderNow();
    });
  }

  #placeNote(): void {
    const { note: element, map } = this.parts;
    placeNote(this.#note, element, map, this.#map.view, this.#plan);
  }

  #showOrder(order: Order): void {
    const { dialog } = this.parts;
    render(
      orderDetails(this.#plan, this.event, order, () => dialog.close()),
      dialog,
    );
    this.parts.announce(`Bought. Your order is ${[...order.code].join(' ')}.`, true);
    if (!dialog.open) dialog.showModal();
    this.#renderNow();
  }

  // Sleep and return.

  #listen(): void {
    const { signal } = this.#closing;
    onReturn(
      () => void this.#wakeUp(),
      () => {
        this.#connection.check();
        this.#scheduleExpiry();
        this.#renderNow();
      },
      signal,
    );
    addEventListener('online', () => this.#connection.check(), { signal });
    addEventListener('offline', () => this.#connection.reconnect(), { signal });
  }

  /** A long sleep leaves the clock wrong, and the map with it; the stream goes on after the map. */
  async #wakeUp(): Promise<void> {
    try {
      const variables = { eventId: this.event.id };
      const asked = await ask(SeatStatesDocument, variables, { timeoutMs: MAP_TIMEOUT_MS });
      const seatMap = given(asked.seatMap);
      this.#clock.observe(seatMap.serverTime);
      this.#state.takeMap(seatMap.revision, seatMap.seats);
    } catch {
      // The connection keeps trying, and brings everything but the clock.
    }
    this.#connection.check();
    this.#scheduleExpiry();
    this.#renderNow();
  }
}
