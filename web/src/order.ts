// What the dialog says after a purchase: one order, or those of its parts.

import { html, type TemplateResult } from 'lit-html';
import { total } from './amounts';
import type { EventDetailsFragment } from './generated/operations';
import type { Plan } from './plan';
import { shape } from './shapes';
import type { Order } from './state';
import { money, seatName, seats, start } from './words';

export function orderDetails(
  plan: Plan,
  event: EventDetailsFragment,
  orders: readonly Order[],
  close: () => void,
): TemplateResult {
  const places = orders.flatMap((order) =>
    order.seats.flatMap(({ id }) => plan.numberOf(id) ?? []),
  );
  const sum = total(orders.map((order) => order.total));
  return html`
    <p class="eyebrow">${shape('mine')} Bought</p>
    <h2 id="order-title">Enjoy ${event.name}</h2>
    <p class="soft">${event.venue} · ${start(event)}</p>
    ${orders.map(
      ({ code }) => html`<p class="ticket"><span>Order</span><b class="code">${code}</b></p>`,
    )}
    <ul>
      ${places.map((seat) => html`<li>${seatName(plan, seat)}</li>`)}
    </ul>
    <p class="total"><span>${seats(places.length)}</span><b>${sum && money(sum)}</b></p>
    <button type="button" class="buy" @click=${close}>Back to the map</button>
  `;
}
