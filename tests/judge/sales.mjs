// What an event has sold, as the contract describes it. All orders here are of one day and hour.

import { volatile } from './volatile.mjs';

function counted(seats, priceOf, money) {
  const count = (passes) => seats.filter(passes).length;
  const sold = seats.filter(({ status }) => status === 'CONFIRMED');
  const amountMinor = sold.reduce((sum, { id }) => sum + priceOf.get(id), 0);
  return {
    available: count(({ status, forSale }) => status === 'AVAILABLE' && forSale),
    held: count(({ status }) => status === 'RESERVED'),
    blocked: count(({ status, forSale }) => status === 'AVAILABLE' && !forSale),
    sold: sold.length,
    revenue: { ...money, amountMinor },
  };
}

/** The sections, by the order of their bytes. */
const sectionsOf = (seats) =>
  [...new Set(seats.map(({ section }) => section))].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );

export function salesOf(event, orders, by) {
  // Each is read for itself, and what was read is told for a second.
  const instant = (what) => volatile('instant', `${what}${event.id}${by}`);
  const { seats, categories, revision } = event;
  const paid = orders.flatMap((order) => order.paid);
  const priceOf = new Map(paid.map(({ seatId, price }) => [seatId, price.amountMinor]));
  const money = categories[0].price;
  const counts = (passes) => counted(seats.filter(passes), priceOf, money);
  const total = counts(() => true);
  const span = {
    from: instant('from'),
    until: instant('until'),
    sold: total.sold,
    revenue: total.revenue,
  };
  return {
    revision,
    serverTime: instant('counted'),
    orders: orders.length,
    total,
    byCategory: categories.map((category) => ({
      category,
      counts: counts(({ categoryId }) => categoryId === category.id),
    })),
    bySection: sectionsOf(seats).map((section) => ({
      section,
      counts: counts((seat) => seat.section === section),
    })),
    overTime: orders.length > 0 ? [span] : [],
  };
}
