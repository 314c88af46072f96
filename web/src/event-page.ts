// One event on the page: its seats, live. Brings together the state, the connection, the map, the
// list and the panel.

import { nothing, render, type TemplateResult } from 'lit-html';
import type { Attendance, AttendanceEvents } from './attendance';
import type { Note } from './booking';
import type { ServerClock } from './clock';
import type { LiveState } from './connection';
import { placeBeside, targetDetails, targetWords } from './details';
import { easelHere } from './easels';
import type { EventDetailsFragment } from './generated/operations';
import type { ListActions, ListModel } from './list';
import { type Loaded, observe, Outdated } from './loading';
import { SeatMap, type Target } from './map';
import { placeNote } from './note';
import { categoryColors } from './palette';
import { panel } from './panel';
import type { Plan, Point, SeatNumber, Section } from './plan';
import { onReturn } from './sleep';
import { type Order, SeatState } from './state';
import { css, type PlanColors, type Theme } from './theme';
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
  /** What is shown is out of date, or could not be completed: the page begins anew. */
  reload(reason: unknown): void;
  readonly isCalm: () => boolean;
  readonly theme: Theme;
}

export class EventPage {
  readonly #event: EventDetailsFragment;
  readonly #plan: Plan;
  readonly #state: SeatState;
  readonly #map: SeatMap;
  readonly #clock: ServerClock;
  readonly #categoryStyles = new CSSStyleSheet();
  readonly #closing = new AbortController();
  /** Once the first picture is there. */
  #attendance: Attendance | undefined;
  #list: ((model: ListModel, actions: ListActions) => TemplateResult) | undefined;
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

  constructor(
    private readonly loaded: Loaded,
    private readonly parts: PageParts,
  ) {
    const { event, plan, easel, frame, clock } = loaded;
    [this.#event, this.#plan, this.#clock] = [event, plan, clock];
    const state = (this.#state = new SeatState(plan, {
      seatChanged: (seat) => this.#seatChanged(seat),
      seatLost: (seat, hasRunOut) => this.#seatLost(seat, hasRunOut),
    }));
    if (!state.takeFrame(frame)) throw new Outdated();
    this.#map = new SeatMap(parts.map, plan, state, easel, this.#colors(), parts.isCalm, {
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
    parts.showLive('connecting', Date.now());
    this.setColors();
    document.adoptedStyleSheets = [this.#categoryStyles];
    this.#listen();
    this.#renderNow();
    this.#attend().catch((reason: unknown) => {
      if (!this.#closing.signal.aborted) parts.reload(reason);
    });
  }

  /** What comes after the first picture: names of seats, buying, and everything live. */
  async #attend(): Promise<void> {
    const [names, { Attendance, list }] = await Promise.all([this.loaded.names, import('./late')]);
    if (this.#closing.signal.aborted) return;
    this.#plan.name(names);
    this.#list = list;
    const { signal } = this.#closing;
    this.#attendance = new Attendance(
      this.#event,
      this.#state,
      this.#clock,
      this.#attendanceEvents(),
      signal,
    );
    this.#renderNow();
  }

  #attendanceEvents(): AttendanceEvents {
    return {
      note: (note) => this.#show(note),
      waiting: (waiting) => {
        this.#map.setWaiting(waiting);
        this.#renderNow();
      },
      bought: (orders) => void this.#showOrders(orders),
      mapChanged: () => this.#scheduleExpiry(),
      ownChanged: () => {
        this.#scheduleExpiry();
        this.#renderNow();
      },
      outdated: () => this.parts.reload(new Outdated()),
      live: (live, heardAt) => this.parts.showLive(live, heardAt),
    };
  }

  /** Goes on in the page, after the painter's thread was lost. */
  async paintHere(): Promise<void> {
    const easel = await easelHere();
    if (this.#closing.signal.aborted) return;
    const names = this.#plan.isNamed ? await this.loaded.names : undefined;
    easel.take(this.loaded.drawing, names);
    this.#map.setEasel(easel);
  }

  close(): void {
    this.#closing.abort();
    this.#map.close();
    for (const timer of [this.#noteTimer, this.#figuresTimer, this.#expiryTimer])
      clearTimeout(timer);
    this.#noteTimer = this.#figuresTimer = undefined;
    this.parts.tooltip.hidden = this.parts.note.hidden = true;
    render(nothing, this.parts.panel);
    render(nothing, this.parts.list);
  }

  setColors(): void {
    const colors = this.#colors();
    this.#map.setColors(colors);
    // The legend shows the very colours of the map.
    const rules = colors.categories.map(
      (color, index) => `.category-${index} { fill: ${css(color)} }`,
    );
    this.#categoryStyles.replaceSync(rules.join('\n'));
  }

  #colors(): PlanColors {
    const colors = this.parts.theme.colors();
    return { ...colors, categories: categoryColors(this.#plan.categories, colors) };
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
    void this.#attendance?.booking.choose(seat);
    this.#renderNow();
  }

  #seatChanged(seat: SeatNumber): void {
    // A change may come before everything is made.
    this.#map?.seatChanged(seat);
    this.#figuresTimer ??= setTimeout(() => this.#renderNow(), FIGURES_EVERY_MS);
  }

  /** Several seats that are lost at the same moment are one piece of news. */
  #seatLost(seat: SeatNumber, hasRunOut: boolean): void {
    this.#lost.push(seat);
    if (this.#lost.length > 1) return;
    queueMicrotask(() => {
      const lost = this.#lost.splice(0);
      const what = lost.length === 1 ? shortName(this.#plan, seat) : `your ${seats(lost.length)}`;
      const text = hasRunOut
        ? `The time for ${what} has run out.`
        : `Given back in another window: ${what}.`;
      this.#show({ seat, text, kind: hasRunOut ? 'refusal' : 'news' });
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
      event: this.#event,
      plan: this.#plan,
      state: this.#state,
      category: this.#category,
      now: this.#clock.now(),
      isBuying: this.#attendance?.booking.isBuying ?? false,
      progress: this.#attendance?.booking.progress ?? null,
    };
    const view = panel(model, {
      pickCategory: (category) => {
        this.#category = category;
        this.#map.setCategory(category);
        this.#renderNow();
      },
      giveBack: (taken) => void this.#attendance?.booking.giveBack(taken),
      buy: () => void this.#attendance?.booking.buy(),
      showSeat: (seat) => {
        this.#map.showSeat(seat);
        this.#map.highlight(seat);
      },
      showOrder: (order) => void this.#showOrders([order]),
    });
    if (this.#described) render(this.#details(this.#described), parts.tooltip);
    const hadFocus = parts.panel.contains(document.activeElement);
    render(view, parts.panel);
    // The button that was pressed may have gone with its seat: the focus must stay on the page.
    if (hadFocus && !parts.panel.contains(document.activeElement))
      parts.panel.querySelector<HTMLElement>('#cart-title')?.focus();
    if (this.#isListOpen && this.#list) this.#renderList(this.#list);
    else render(nothing, parts.list);
  }

  #renderList(list: (model: ListModel, actions: ListActions) => TemplateResult): void {
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

  async #showOrders(orders: readonly Order[]): Promise<void> {
    const { dialog } = this.parts;
    const { orderDetails } = await import('./late');
    render(
      orderDetails(this.#plan, this.#event, orders, () => dialog.close()),
      dialog,
    );
    const codes = orders.map(({ code }) => [...code].join(' '));
    const what = codes.length === 1 ? 'Your order is' : 'Your orders are';
    this.parts.announce(`Bought. ${what} ${codes.join(', and ')}.`, true);
    if (!dialog.open) dialog.showModal();
    this.#renderNow();
  }

  // Sleep and return.

  #listen(): void {
    const { signal } = this.#closing;
    onReturn(
      () => void this.#wakeUp(),
      () => {
        this.#attendance?.connection.check();
        this.#scheduleExpiry();
        this.#renderNow();
      },
      signal,
    );
    addEventListener('online', () => this.#attendance?.connection.check(), { signal });
    addEventListener('offline', () => this.#attendance?.connection.reconnect(), { signal });
  }

  /** A long sleep leaves the clock wrong; the connection brings everything else. */
  async #wakeUp(): Promise<void> {
    this.#attendance?.connection.check();
    try {
      observe(await fetch('./', { method: 'HEAD', cache: 'no-store' }), this.#clock);
    } catch {
      // Answers to what is done here tell the time as well.
    }
    this.#scheduleExpiry();
    this.#renderNow();
  }
}
