// The seats that a mutation names, and the order in which the server answers for them.

const SEAT = /^Seat:([1-9]\d*):([1-9]\d*)$/;
const EVENT = /^Event:([1-9]\d*)$/;
const MOST_SERIAL = 2 ** 31 - 1;

/** The numbers in an id of a kind; `undefined` if it is none. */
function numbersIn(id, kind) {
  const bytes = Buffer.from(id, 'base64url');
  const match = bytes.toString('base64url') === id && kind.exec(bytes.toString());
  return match ? match.slice(1).map(Number) : undefined;
}

/** The event's number and the seat's; `undefined` if it is no id of a seat. */
function placeOf(id) {
  const place = numbersIn(id, SEAT);
  return place?.[1] <= MOST_SERIAL ? place : undefined;
}

/**
 * What is asked for, each once: its id as it was given, and the seat if the event has it.
 *
 * Seats are in the order of their events and plans. What is no id of a seat stands before those of
 * the event, the last of it first.
 */
export function namedSeats(event, ids) {
  const [eventNumber] = numbersIn(event.id, EVENT);
  const unreadable = [...new Set(ids.filter((id) => !placeOf(id)))];
  const named = [...new Set(ids)].map((id) => ({
    id,
    place: placeOf(id) ?? [eventNumber, -unreadable.indexOf(id)],
    seat: event.seats.find((seat) => seat.id === id),
  }));
  return named.sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1]);
}
