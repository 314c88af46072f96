// What stands beside the map: the event, what seats cost, what I hold, what I bought.

import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { EventDetailsFragment } from './generated/operations';
import type { Category, Plan, SeatNumber } from './plan';
import { shape } from './shapes';
import { NOTHING, type Order, type SeatState } from './state';
import {
  count,
  countdown,
  dateAndTime,
  duration,
  money,
  price,
  seatName,
  seats,
  start,
  sum,
} from './words';

export interface PanelModel {
  readonly event: EventDetailsFragment;
  readonly plan: Plan;
  readonly state: SeatState;
  /** The category that is looked for, if one is. */
  readonly category: number | null;
  /** The server's clock. */
  readonly now: number;
  readonly isBuying: boolean;
  /** How far a purchase in parts has come, in words. */
  readonly progress: string | null;
}

export interface PanelActions {
  pickCategory(category: number | null): void;
  giveBack(seats: SeatNumber[]): void;
  buy(): void;
  showSeat(seat: SeatNumber): void;
  showOrder(order: Order): void;
}

export function panel(model: PanelModel, actions: PanelActions): TemplateResult {
  const { event, state } = model;
  const [free, held, sold] = state.total;
  return html`
    <section class="event" aria-labelledby="event-name">
      <h1 id="event-name">${event.name}</h1>
      <p class="soft">${event.venue} · ${start(event)}</p>
      ${salesNotice(model)}
      <p class="totals" aria-label="Seats">
        <span><b>${count(free)}</b> free</span>
        <span><b>${count(held)}</b> held</span>
        <span><b>${count(sold)}</b> sold</span>
      </p>
    </section>
    ${cart(model, actions)} ${legend(model, actions)} ${orders(model, actions)}
  `;
}

function salesNotice({ event, now }: PanelModel): TemplateResult | typeof nothing {
  const { salesOpenAt, salesCloseAt } = event;
  if (salesCloseAt !== null && Date.parse(salesCloseAt) <= now) {
    return html`<p class="notice">Sales have closed. Seats that are held can still be bought.</p>`;
  }
  if (salesOpenAt !== null && Date.parse(salesOpenAt) > now) {
    return html`<p class="notice">Sales open ${dateAndTime(salesOpenAt)}.</p>`;
  }
  return nothing;
}

function legend(
  { plan, state, category }: PanelModel,
  { pickCategory }: PanelActions,
): TemplateResult {
  return html`
    <section class="legend" aria-labelledby="legend-title">
      <h2 id="legend-title">Prices</h2>
      <ul>
        ${plan.categories.map((each, index) => {
          const isPicked = category === index;
          return html`<li>
            <button
              type="button"
              aria-pressed=${isPicked}
              @click=${() => pickCategory(isPicked ? null : index)}
            >
              <svg class="dot category-${index}" viewBox="0 0 16 16" aria-hidden="true">
                <circle cx="8" cy="8" r="7" />
              </svg>
              <span class="name">${each.name}</span>
              <span class="left">${count(state.ofCategory[index]![0])} free</span>
              <b>${price(each)}</b>
            </button>
          </li>`;
        })}
      </ul>
      <ul class="key" aria-label="What the shapes mean">
        <li>${shape('free')} free</li>
        <li>${shape('held')} held</li>
        <li>${shape('sold')} sold</li>
        <li>${shape('mine')} yours</li>
        <li>${shape('accessible')} wheelchair</li>
      </ul>
    </section>
  `;
}

function cart(model: PanelModel, actions: PanelActions): TemplateResult {
  const { event, state, now, isBuying } = model;
  const held = [...state.held].sort((a, b) => a - b);
  if (held.length === 0) {
    const limit =
      event.maxSeatsPerViewer === null ? '' : ` Up to ${seats(event.maxSeatsPerViewer)} each.`;
    // The stream may tell that all is bought long before the answer does.
    return html`<section class="cart" aria-labelledby="cart-title">
      <h2 id="cart-title" tabindex="-1">Your seats</h2>
      ${
        isBuying
          ? buyButton(model, [], actions)
          : html`<p class="soft">
              Choose a free seat, and it is held for you for ${duration(event.holdSeconds)}.${limit}
            </p>`
      }
    </section>`;
  }
  const first = Math.min(...held.map((seat) => state.expiresAt[seat]!));
  const left = first - now;
  const prices = state.buyable.flatMap((seat) => state.priceOf(seat) ?? []);
  return html`<section class="cart" aria-labelledby="cart-title">
    <h2 id="cart-title" tabindex="-1">
      Your seats
      <span class="timer ${left < 60_000 ? 'short' : ''}" role="timer" aria-label="Time left"
        >${countdown(left)}</span
      >
    </h2>
    <progress
      max=${event.holdSeconds}
      .value=${Math.max(left / 1000, 0)}
      aria-label="Time left for your seats"
    ></progress>
    <ul>
      ${repeat(
        held,
        (seat) => seat,
        (seat) => heldSeat(seat, left, model, actions),
      )}
    </ul>
    ${
      isLeftToShop(event, prices)
        ? html`<p class="notice">
            The shop confirms these seats once they are paid: ${seats(prices.length)} ·
            ${sum(prices)}.
          </p>`
        : buyButton(model, prices, actions)
    }
  </section>`;
}

function buyButton(
  model: PanelModel,
  prices: Category['price'][],
  actions: PanelActions,
): TemplateResult {
  const { isBuying } = model;
  return html`<button
    type="button"
    class="buy"
    ?disabled=${isBuying || prices.length === 0}
    aria-busy=${isBuying}
    @click=${() => actions.buy()}
  >
    ${buyWords(model, prices)}
  </button>`;
}

/** Whether the page cannot confirm these seats: where it cannot, it has no button for it. */
function isLeftToShop(event: EventDetailsFragment, prices: Category['price'][]): boolean {
  return event.confirmedBy === 'SHOP' && prices.some(({ amountMinor }) => amountMinor > 0);
}

function buyWords({ isBuying, progress }: PanelModel, prices: Category['price'][]): string {
  if (isBuying) return progress === null ? 'Buying…' : `Buying… ${progress}`;
  if (prices.length === 0) return 'Giving back…';
  return `Buy ${seats(prices.length)} · ${sum(prices)}`;
}

/** A held seat in the cart. @param left the time that the first of all held seats has. */
function heldSeat(
  seat: SeatNumber,
  left: number,
  { plan, state, now }: PanelModel,
  actions: PanelActions,
): TemplateResult {
  const { section, row, number } = plan.seat(seat);
  const ownTime = state.expiresAt[seat]! - now;
  const category = plan.categoryOf(seat);
  const cost = state.priceOf(seat);
  const ownCountdown = ownTime - left > 1500 ? ` · ${countdown(ownTime)}` : nothing;
  return html`<li class=${state.pending[seat] === NOTHING ? '' : 'waiting'}>
    <button
      type="button"
      class="place"
      @click=${() => actions.showSeat(seat)}
      title="Show on the map"
    >
      <b>Section ${section}</b> row ${row} · seat ${number}
      <span class="soft">${category?.name}${ownCountdown}</span>
    </button>
    <span class="price">${cost ? money(cost) : nothing}</span>
    <button
      type="button"
      class="icon"
      aria-label=${`Give back ${seatName(plan, seat)}`}
      title="Give back"
      @click=${() => actions.giveBack([seat])}
    >
      ×
    </button>
  </li>`;
}

function orders(
  { state }: PanelModel,
  { showOrder }: PanelActions,
): TemplateResult | typeof nothing {
  if (state.orders.size === 0) return nothing;
  const all = [...state.orders.values()].sort((a, b) => b.confirmedAt.localeCompare(a.confirmedAt));
  return html`<section class="orders" aria-labelledby="orders-title">
    <h2 id="orders-title">Your orders</h2>
    <ul>
      ${all.map(
        (order) =>
          html`<li>
            <button type="button" @click=${() => showOrder(order)}>
              <b class="code">${order.code}</b>
              <span class="soft">${seats(order.seats.length)} · ${money(order.total)}</span>
            </button>
          </li>`,
      )}
    </ul>
  </section>`;
}
