// What the dialog says after a purchase.

import { html, type TemplateResult } from 'lit-html';
import type { EventDetailsFragment } from './generated/operations';
import type { Plan } from './plan';
import { shape } from './shapes';
import type { Order } from './state';
import { money, seatName, seats, start } from './words';

export function orderDetails(
  plan: Plan,
  event: EventDetailsFragment,
  order: Order,
  close: () => void,
): TemplateResult {
  const places = order.seats.flatMap(({ id }) => plan.numberOf(id) ?? []);
  return html`
    <p class="eyebrow">${shape('mine')} Bought</p>
    <h2 id="order-title">Enjoy ${event.name}</h2>
    <p class="soft">${event.venue} · ${start(event)}</p>
    <p class="ticket"><span>Order</span><b class="code">${order.code}</b></p>
    <ul>
      ${places.map((seat) => html`<li>${seatName(plan, seat)}</li>`)}
    </ul>
    <p class="total"><span>${seats(order.seats.length)}</span><b>${money(order.total)}</b></p>
    <button type="button" class="buy" @click=${close}>Back to the map</button>
  `;
}
