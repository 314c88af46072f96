// Mutations for seats, as cases write them.

const MESSAGE = '__typename ... on UserError { message }';
const NOT_HELD = `${MESSAGE} ... on SeatsNotHeld { seats { reason seatId } }`;

/** What each mutation may refuse with. */
const REFUSALS = {
  reserveSeats: `${MESSAGE}
    ... on SeatsUnavailable { seats { seatId reason seat { label status } } }
    ... on SeatLimitExceeded { limit held requested }
    ... on SalesClosed { opensAt closedAt }`,
  confirmSeats: NOT_HELD,
  releaseSeats: NOT_HELD,
  extendHolds: NOT_HELD,
};

/** A field of a mutation that asks for seats of an event, by their serial numbers. */
export function ask(field, event, serials, { selections = REFUSALS[field], more = '' } = {}) {
  const seats = serials.map((serial) => `"«${event}:${serial}»"`);
  const input = `{ eventId: "«${event}»", seatIds: [${seats}] ${more} }`;
  return `${field}(input: ${input}) { ${selections} }`;
}
