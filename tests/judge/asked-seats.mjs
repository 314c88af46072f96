// Seats to ask for in mutations that change nothing: they are refused, or were carried out before.

const isHeld = ({ status, heldByMe }) => status === 'RESERVED' && heldByMe;

/** A seat with one of these among those asked for is in the way, and so nothing is done. */
const IN_THE_WAY = {
  ReserveSeatsInput: (seat) => !isHeld(seat) && (seat.status !== 'AVAILABLE' || !seat.forSale),
  ReleaseSeatsInput: (seat) => !isHeld(seat),
  // One that is the viewer's own might make an order known under a new key.
  ConfirmSeatsInput: (seat) => !seat.heldByMe,
};

/** Which seats of which event, and under which key if it takes one. */
export function askedSeats(input, random, world) {
  const [hall, club] = world.events;
  const key = input === 'ConfirmSeatsInput' && random.one(['bought', 'again', 'new']);
  const isOwn = world.who === 'alice';
  const ofHall = (...serials) => serials.map((serial) => hall.seats[serial - 1]);
  if (isOwn && input === 'ReserveSeatsInput' && random.percent(30)) {
    return { event: hall, seats: random.percent(50) ? ofHall(1) : ofHall(2, 1) };
  }
  if (isOwn && key === 'bought' && random.percent(70)) {
    return { event: hall, seats: ofHall(6, 5, 6), key };
  }
  const event = random.percent(75) ? hall : club;
  const wanted = random.some(event.seats, 3);
  // Of the other one, sales are not open yet: nothing can be had.
  const inTheWay = event.seats.filter(IN_THE_WAY[input]);
  const needed = event === club && input === 'ReserveSeatsInput' ? [] : [random.one(inTheWay)];
  return { event, seats: random.some([...wanted, ...needed], 4), key };
}
