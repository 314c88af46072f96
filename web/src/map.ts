// The map on the screen: brings together the view, the painter and the hands. Draws only when there
// is something new to see, and then once a frame.

import { type Easel } from './easel';
import { listen } from './gestures';
import { lookOf } from './look';
import type { Picture } from './painter';
import type { Plan, Point, Row, SeatNumber, Section } from './plan';
import { FREE, NOTHING, type SeatState } from './state';
import type { PlanColors } from './theme';
import { View } from './view';

/** How near to a seat a fingertip may be to mean it, in pixels: half of what a finger covers. */
const TOUCH_PX = 20;

export interface MapEvents {
  /** A seat was chosen, by mouse, finger or keyboard. */
  chooseSeat(seat: SeatNumber): void;
  /** What is pointed at, and where that is on the screen; both null for nothing. */
  point(target: Target | null, at: Point | null): void;
  /** The keyboard's seat has changed, and has to be said aloud. Null when it is elsewhere. */
  moveTo(target: Target | null): void;
  /** The view has changed: what hangs on the map has to follow. */
  moved(): void;
}

export type Target = { section: Section; seat: SeatNumber | null };

export class SeatMap {
  readonly view: View;
  #easel: Easel;
  /** Seats that may look different than in the last picture, each once. */
  #changed: SeatNumber[] = [];
  readonly #isChanged: Uint8Array;
  #hover: SeatNumber | null = null;
  /** Where the keyboard is, or where the mouse was last. Seen only while the keyboard is used. */
  #cursor: Target | null = null;
  #showsCursor = false;
  readonly #resizing: ResizeObserver;
  readonly #closing = new AbortController();
  #highlight: Section | null = null;
  #category: number | null = null;
  #colors: PlanColors;
  #frame = 0;
  #waiting = 0;
  #hasNewView = true;

  constructor(
    private readonly element: HTMLElement,
    private readonly plan: Plan,
    private readonly state: SeatState,
    easel: Easel,
    colors: PlanColors,
    private readonly isCalm: () => boolean,
    private readonly events: MapEvents,
  ) {
    this.view = new View(plan, isCalm);
    this.#colors = colors;
    this.#isChanged = new Uint8Array(plan.size);
    this.#easel = easel;
    easel.show(element);
    for (let seat = 0; seat < plan.size; seat++) this.seatChanged(seat);
    this.#resizing = new ResizeObserver(() => this.#resize());
    this.#resizing.observe(element);
    this.#resize();
    this.#listen();
  }

  /** Takes it off the page. */
  close(): void {
    this.#closing.abort();
    this.#resizing.disconnect();
    this.#easel.close();
    cancelAnimationFrame(this.#frame);
    this.element.replaceChildren();
    delete this.element.dataset['painted'];
  }

  seatChanged(seat: SeatNumber): void {
    if (this.#isChanged[seat] === 1) return;
    this.#isChanged[seat] = 1;
    this.#changed.push(seat);
    this.refresh();
  }

  /** Goes on with another easel, since the first is lost. */
  setEasel(easel: Easel): void {
    this.#easel.close();
    this.#easel = easel;
    easel.show(this.element);
    for (let seat = 0; seat < this.plan.size; seat++) this.seatChanged(seat);
  }

  /** Asks for a new picture. */
  refresh(): void {
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  setColors(colors: PlanColors): void {
    this.#colors = colors;
    this.refresh();
  }

  /** How many answers are waited for: their seats pulse. */
  setWaiting(count: number): void {
    this.#waiting = count;
    this.refresh();
  }

  /** Shows one category and dims the others; null shows all. */
  setCategory(category: number | null): void {
    this.#category = category;
    for (let seat = 0; seat < this.plan.size; seat++) this.seatChanged(seat);
  }

  showAll(): void {
    this.view.flyToAll();
    this.#moved();
  }

  showSection(section: Section): void {
    this.view.flyTo(section.box);
    this.#moved();
  }

  showSeat(seat: SeatNumber): void {
    if (!this.view.isInSight(this.plan.at(seat)) || !this.view.showsSeats)
      this.view.flyToSeat(this.plan.at(seat));
    this.#moved();
  }

  zoom(factor: number): void {
    this.view.zoomTo(factor);
    this.#moved();
  }

  /** Points at a seat without moving the view: when the list or the cart does. */
  highlight(seat: SeatNumber | null): void {
    this.#hover = seat;
    this.refresh();
  }

  #moved(): void {
    this.#hasNewView = true;
    this.refresh();
  }

  #draw(now: number): void {
    this.#frame = 0;
    const isFlying = this.view.step(now);
    const looks = this.#changed.map(
      (seat) => (seat << 8) | lookOf(this.state, seat, this.#category),
    );
    for (const seat of this.#changed) this.#isChanged[seat] = 0;
    this.#changed = [];
    this.#easel.paint(looks, this.#picture(now));
    if (this.#hasNewView || isFlying) this.events.moved();
    this.#hasNewView = isFlying;
    if (isFlying || (this.#waiting > 0 && !this.isCalm())) this.refresh();
  }

  #picture(now: number): Picture {
    const { pose, width, height } = this.view;
    const cursor = this.#showsCursor ? this.#cursor : null;
    return {
      pose,
      width,
      height,
      pixelRatio: devicePixelRatio || 1,
      colors: this.#colors,
      highlight: this.#highlight?.index ?? null,
      pointed: {
        hover: this.#hover,
        cursor: cursor && { section: cursor.section.index, seat: cursor.seat },
      },
      free: Uint32Array.from(this.state.ofSection, ([free]) => free),
      pulse: this.isCalm() ? 0.5 : 0.5 + 0.5 * Math.sin(now / 180),
    };
  }

  #resize(): void {
    const { width, height } = this.element.getBoundingClientRect();
    this.view.resize(width, height);
    this.#moved();
  }

  #listen(): void {
    const { element, view } = this;
    // The element stays when the map goes.
    const { signal } = this.#closing;
    listen(
      element,
      {
        pan: (dx, dy) => {
          view.panBy(dx, dy);
          this.#moved();
        },
        zoom: (at, factor) => {
          view.zoomAt(at, factor);
          this.#point(null, null);
          this.#moved();
        },
        tap: (at, isTouch) => {
          const target = this.#under(at, isTouch);
          this.#cursor = target;
          this.#showsCursor = false;
          this.events.moveTo(null);
          if (target?.seat != null) this.events.chooseSeat(target.seat);
          else if (target) this.showSection(target.section);
        },
        doubleTap: (at) => {
          // Two clicks on a seat mean the seat.
          if (this.#under(at, false)) return;
          view.zoomTo(2.2, at);
          this.#moved();
        },
        hover: (at) => this.#point(at && this.#under(at, false), at),
      },
      signal,
    );
    element.addEventListener('keydown', (event) => this.#keyDown(event), { signal });
    const focused = () => {
      // Not for the mouse, which says itself where it is.
      if (element.matches(':focus-visible')) this.#moveCursor(this.#cursor ?? this.#inTheMiddle());
    };
    element.addEventListener('focus', focused, { signal });
    const blurred = () => {
      this.#showsCursor = false;
      this.events.moveTo(null);
      this.refresh();
    };
    element.addEventListener('blur', blurred, { signal });
  }

  #point(target: Target | null, at: Point | null): void {
    const section = target && target.seat === null ? target.section : null;
    if (this.#hover !== (target?.seat ?? null) || this.#highlight !== section) {
      this.#hover = target?.seat ?? null;
      this.#highlight = section;
      this.element.classList.toggle('pointing', target !== null);
      this.refresh();
    }
    this.events.point(target, at);
  }

  /** What is at a point of the screen: a seat if seats can be told apart, else a section. */
  #under(at: Point, isTouch: boolean): Target | null {
    const point = this.view.toPlan(at);
    const reach = this.view.showsSeats
      ? Math.max(this.plan.pitch * 0.6, isTouch ? TOUCH_PX / this.view.pose.scale : 0)
      : this.plan.pitch * 4;
    const seat = this.#nearest(point, reach);
    if (seat === null) return null;
    const section = this.plan.sectionOf(seat);
    return { section, seat: this.#canTellSeats ? seat : null };
  }

  /** Whether a seat can be pointed at: it is large enough, and known by its name. */
  get #canTellSeats(): boolean {
    return this.view.showsSeats && this.plan.isNamed;
  }

  /** The seat nearest to a point. All are looked at: 20,000 take a twentieth of a millisecond. */
  #nearest(point: Point, within: number): SeatNumber | null {
    let [nearest, best]: [SeatNumber | null, number] = [null, within * within];
    for (let seat = 0; seat < this.plan.size; seat++) {
      const square = (this.plan.x[seat]! - point.x) ** 2 + (this.plan.y[seat]! - point.y) ** 2;
      if (square < best) [nearest, best] = [seat, square];
    }
    return nearest;
  }

  // The keyboard: from afar the arrows go from section to section, from near from seat to seat.

  #keyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    }[event.key];
    if (direction) this.#go(direction[0]!, direction[1]!, event.shiftKey);
    else if (event.key === 'Enter' || event.key === ' ') this.#choose(event.repeat);
    else if (event.key === '+' || event.key === '=') this.zoom(1.5);
    else if (event.key === '-') this.zoom(1 / 1.5);
    else if (event.key === '0' || event.key === 'Escape') this.#leave();
    else if (event.key === 'Home' || event.key === 'End') this.#goToEnd(event.key === 'End');
    else return;
    event.preventDefault();
  }

  #go(dx: number, dy: number, isFar: boolean): void {
    const cursor = this.#cursor;
    // With Shift the view moves and the cursor stays.
    if (isFar) {
      this.view.panBy(-dx * 80, -dy * 80);
      return this.#moved();
    }
    if (!cursor) return this.#moveCursor(this.#inTheMiddle());
    if (this.view.willShowSeats && cursor.seat !== null) {
      const from = this.plan.at(cursor.seat);
      const seat = this.#next(from, dx, dy, this.plan.size, (other) => this.plan.at(other));
      if (seat !== null) this.#moveCursor({ section: this.plan.sectionOf(seat), seat });
    } else {
      const middle = ({ box }: Section) => ({
        x: (box.left + box.right) / 2,
        y: (box.top + box.bottom) / 2,
      });
      const { sections } = this.plan;
      const next = this.#next(middle(cursor.section), dx, dy, sections.length, (other) =>
        middle(sections[other]!),
      );
      if (next !== null) this.#moveCursor({ section: sections[next]!, seat: null });
    }
  }

  /** The next of `count` points in a direction: the nearest, where aside counts more than twice. */
  #next(
    from: Point,
    dx: number,
    dy: number,
    count: number,
    at: (index: number) => Point,
  ): number | null {
    let [next, best]: [number | null, number] = [null, Infinity];
    for (let index = 0; index < count; index++) {
      const { x, y } = at(index);
      const ahead = (x - from.x) * dx + (y - from.y) * dy;
      const aside = Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx);
      if (ahead <= this.plan.pitch * 0.2 || aside > ahead * 2) continue;
      const cost = ahead + aside * 2.2;
      if (cost < best) [next, best] = [index, cost];
    }
    return next;
  }

  #goToEnd(isLast: boolean): void {
    const seat = this.#cursor?.seat ?? null;
    if (seat === null) return;
    const { seats }: Row = this.plan.rowOf(seat);
    this.#moveCursor({
      section: this.plan.sectionOf(seat),
      seat: isLast ? seats[seats.length - 1]! : seats[0]!,
    });
  }

  #choose(isRepeated: boolean): void {
    const cursor = this.#cursor;
    // A key that is held down does not hold and give back in turn.
    if (!cursor || isRepeated) return;
    if (cursor.seat !== null && this.view.willShowSeats) return this.events.chooseSeat(cursor.seat);
    this.view.flyTo(cursor.section.box);
    if (!this.plan.isNamed) return this.#moved();
    const seat = cursor.section.seats.find(
      (each) => this.state.status[each] === FREE && this.state.pending[each] === NOTHING,
    );
    this.#cursor = { section: cursor.section, seat: seat ?? cursor.section.seats[0]! };
    this.#showsCursor = true;
    this.events.moveTo(this.#cursor);
    this.#moved();
  }

  /** Back to the whole plan, the cursor on the section where it was. */
  #leave(): void {
    const cursor = this.#cursor;
    this.showAll();
    if (cursor) {
      this.#cursor = { section: cursor.section, seat: null };
      this.events.moveTo(this.#cursor);
    }
  }

  #moveCursor(target: Target): void {
    this.#cursor = target;
    this.#showsCursor = true;
    if (target.seat !== null && !this.view.isInSight(this.plan.at(target.seat)))
      this.view.flyToSeat(this.plan.at(target.seat));
    this.events.moveTo(target);
    this.#moved();
  }

  #inTheMiddle(): Target {
    const middle = this.view.toPlan({ x: this.view.width / 2, y: this.view.height / 2 });
    const seat = this.#nearest(middle, Infinity) ?? 0;
    return { section: this.plan.sectionOf(seat), seat: this.#canTellSeats ? seat : null };
  }
}
