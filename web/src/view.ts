// Which part of the plan is seen: the point in the middle of the screen, and how large a unit is.

import { type Box, type Plan, type Point } from './plan';

/** A flight from one view to another takes this long. */
const FLIGHT_MS = 450;

/** How large seats are drawn at most, in CSS pixels from one to the next: a fingertip. */
const LARGEST_SEAT_PX = 56;

/** Below this size in pixels seats cannot be told apart, and sections are what is pointed at. */
export const SEATS_FROM_PX = 9;

export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export class View {
  /** The size of the screen, in CSS pixels. */
  width = 1;
  height = 1;
  #pose: Pose = { x: 0, y: 0, scale: 1 };
  #flight: { from: Pose; to: Pose; startedAt: number } | undefined;
  /** Whether all of it is seen: then it stays so when the screen changes its size. */
  #showsAll = true;

  constructor(
    private readonly plan: Plan,
    private readonly isCalm: () => boolean,
  ) {}

  /** Where the middle of the screen is in the plan, and CSS pixels for each of its units. */
  get pose(): Pose {
    return this.#pose;
  }

  /** From one seat to the next, in CSS pixels. */
  get seatPx(): number {
    return this.#pose.scale * this.plan.pitch;
  }

  get showsSeats(): boolean {
    return this.seatPx >= SEATS_FROM_PX;
  }

  /** Whether seats can be told apart, or can be when the flight that is under way has ended. */
  get willShowSeats(): boolean {
    return (this.#flight?.to ?? this.#pose).scale * this.plan.pitch >= SEATS_FROM_PX;
  }

  /** Shows what another view shows. */
  show(pose: Pose, width: number, height: number): void {
    this.#pose = pose;
    this.width = width;
    this.height = height;
  }

  resize(width: number, height: number): void {
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
    this.#set(this.#showsAll ? this.#fit(this.plan.box) : this.#pose);
  }

  toScreen({ x, y }: Point): Point {
    return {
      x: (x - this.#pose.x) * this.#pose.scale + this.width / 2,
      y: (y - this.#pose.y) * this.#pose.scale + this.height / 2,
    };
  }

  toPlan({ x, y }: Point): Point {
    return {
      x: (x - this.width / 2) / this.#pose.scale + this.#pose.x,
      y: (y - this.height / 2) / this.#pose.scale + this.#pose.y,
    };
  }

  panBy(dx: number, dy: number): void {
    this.#stay();
    const { x, y, scale } = this.#pose;
    this.#set({ x: x - dx / scale, y: y - dy / scale, scale });
  }

  /** Zooms at once; what is under the point stays there. */
  zoomAt(point: Point, factor: number): void {
    this.#stay();
    this.#set(this.#zoomed(point, factor, this.#pose));
  }

  /** Zooms as a flight; several in a row add up. */
  zoomTo(factor: number, point: Point = { x: this.width / 2, y: this.height / 2 }): void {
    this.#fly(this.#zoomed(point, factor, this.#flight?.to ?? this.#pose));
  }

  flyToAll(): void {
    this.#fly(this.#fit(this.plan.box));
    this.#showsAll = true;
  }

  flyTo(box: Box): void {
    const pose = this.#fit(box);
    // Large enough to point at seats, whatever the size of the section.
    const scale = Math.max(pose.scale, (SEATS_FROM_PX * 1.3) / this.plan.pitch);
    this.#fly({ ...pose, scale: Math.min(scale, 34 / this.plan.pitch) });
  }

  /** Brings a seat into sight, at a size at which it can be pointed at. */
  flyToSeat(at: Point): void {
    const scale = Math.max(this.#pose.scale, 22 / this.plan.pitch);
    this.#fly({ ...at, scale });
  }

  /** Whether a point is on the screen, and not at its very edge. */
  isInSight(at: Point): boolean {
    const { x, y } = this.toScreen(at);
    const [mx, my] = [Math.min(48, this.width / 4), Math.min(48, this.height / 4)];
    return x > mx && y > my && x < this.width - mx && y < this.height - my;
  }

  /** Goes on with a flight. True if there is more of it to come. */
  step(now: number): boolean {
    if (!this.#flight) return false;
    const { from, to, startedAt } = this.#flight;
    const t = Math.min(Math.max((now - startedAt) / FLIGHT_MS, 0), 1);
    if (t === 1) {
      this.#flight = undefined;
      this.#set(to);
      return false;
    }
    const eased = 1 - (1 - t) ** 3;
    const scale = from.scale * (to.scale / from.scale) ** eased;
    // While zooming, the one point that does not move on the way is kept in place: a flight without
    // a detour.
    const isZoom = Math.abs(to.scale / from.scale - 1) > 0.01;
    const part = isZoom ? (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale) : eased;
    this.#set({ x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, scale });
    return true;
  }

  #fly(to: Pose): void {
    this.#showsAll = false;
    if (this.isCalm()) {
      this.#flight = undefined;
      this.#set(to);
    } else {
      this.#flight = { from: this.#pose, to: this.#clamped(to), startedAt: performance.now() };
    }
  }

  #stay(): void {
    this.#flight = undefined;
    this.#showsAll = false;
  }

  #fit(box: Box): Pose {
    const margin = Math.min(this.width, this.height) * 0.06 + 12;
    const width = box.right - box.left + this.plan.pitch * 2;
    const height = box.bottom - box.top + this.plan.pitch * 2;
    const scale = Math.min((this.width - 2 * margin) / width, (this.height - 2 * margin) / height);
    const largest = LARGEST_SEAT_PX / this.plan.pitch;
    return {
      x: (box.left + box.right) / 2,
      y: (box.top + box.bottom) / 2,
      scale: Math.min(Math.max(scale, largest / 10_000), largest),
    };
  }

  #zoomed({ x, y }: Point, factor: number, { x: cx, y: cy, scale: before }: Pose): Pose {
    const scale = this.#clampedScale(before * factor);
    const [dx, dy] = [x - this.width / 2, y - this.height / 2];
    return { x: cx + dx / before - dx / scale, y: cy + dy / before - dy / scale, scale };
  }

  #set(pose: Pose): void {
    this.#pose = this.#clamped(pose);
  }

  #clampedScale(scale: number): number {
    return Math.min(
      Math.max(scale, this.#fit(this.plan.box).scale * 0.8),
      LARGEST_SEAT_PX / this.plan.pitch,
    );
  }

  #clamped({ x, y, scale }: Pose): Pose {
    const { left, right, top, bottom } = this.plan.box;
    return {
      x: Math.min(Math.max(x, left), right),
      y: Math.min(Math.max(y, top), bottom),
      scale: this.#clampedScale(scale),
    };
  }
}
