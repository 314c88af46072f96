// What is told of the section or the seat that is pointed at: aloud, or beside it on the map.

import { html, nothing, type TemplateResult } from 'lit-html';
import type { Target } from './map';
import type { Plan, Point } from './plan';
import type { SeatState } from './state';
import { count, countdown, money, price, seatName, seats, statusWords } from './words';

/** What is at the keyboard's place, as it is said aloud. */
export function targetWords({ section, seat }: Target, plan: Plan, state: SeatState): string {
  if (seat === null) {
    const [free] = state.ofSection[section.index]!;
    const category = plan.categories[section.category];
    const room = free === 0 ? 'full' : `${count(free)} free`;
    return `Section ${section.name}, ${category?.name ?? ''}, ${room}. Enter goes in.`;
  }
  const own = state.priceOf(seat);
  const wheelchair = plan.seat(seat).accessible ? ', wheelchair place' : '';
  const cost = own ? money(own) : '';
  return `${seatName(plan, seat)}, ${cost}${wheelchair}, ${statusWords(state, seat)}`;
}

/** What is told of a section or a seat beside it. @param now by the server's clock. */
export function targetDetails(
  { section, seat }: Target,
  plan: Plan,
  state: SeatState,
  now: number,
): TemplateResult {
  if (seat === null) {
    const [free, held, sold] = state.ofSection[section.index]!;
    const category = plan.categories[section.category];
    return html`<b>Section ${section.name}</b>
      <span>${category?.name}${category ? html` · ${price(category)}` : nothing}</span>
      <span class="soft">${count(free)} free of ${seats(free + held + sold)}</span>`;
  }
  const { row, number, accessible } = plan.seat(seat);
  const category = plan.categoryOf(seat);
  const isMine = state.held.has(seat);
  const left = isMine ? html` · ${countdown(state.expiresAt[seat]! - now)}` : nothing;
  const what = isMine
    ? 'held for you; click to give it back'
    : statusWords(state, seat);
  const own = state.priceOf(seat);
  const cost = own ? html` · ${money(own)}` : nothing;
  return html`<b>Row ${row}, seat ${number}</b>
    <span>Section ${section.name} · ${category?.name}${cost}</span>
    <span class="soft">${accessible ? 'wheelchair place, ' : nothing}${what}${left}</span>`;
}

/** Moves the details to the side of the mouse where there is room. */
export function placeBeside(at: Point, tooltip: HTMLElement, map: HTMLElement): void {
  const { width, height } = map.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = tooltip;
  const x = at.x + 16 + offsetWidth > width ? at.x - offsetWidth - 12 : at.x + 16;
  const y = at.y + 18 + offsetHeight > height ? at.y - offsetHeight - 12 : at.y + 18;
  const [left, top] = [Math.round(Math.max(x, 4)), Math.round(Math.max(y, 4))];
  tooltip.style.transform = `translate(${left}px, ${top}px)`;
}
