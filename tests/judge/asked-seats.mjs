// What to ask for in mutations that change nothing: they are refused, or were carried out before.

const isHeld = ({ status, heldByMe }) => status === 'RESERVED' && heldByMe;

/** A seat with one of these among those asked for is in the way, and so nothing is done. */
const IN_THE_WAY = {
  ReserveSeatsInput: (seat) => !isHeld(seat) && (seat.status !== 'AVAILABLE' || !seat.forSale),
  ReleaseSeatsInput: (seat) => !isHeld(seat),
  ExtendHoldsInput: (seat) => !isHeld(seat),
  // One that is the viewer's own might make an order known under a new key.
  ConfirmSeatsInput: (seat) => !seat.heldByMe,
};

/** What seats do not cost, in a currency that they have or in another. */
const WRONG_TOTALS = [
  { amountMinor: 1, currency: 'EUR' },
  { amountMinor: 10_100, currency: 'KWD' },
  { amountMinor: Number.MAX_SAFE_INTEGER, currency: 'none' },
];

/** Ids of what is no seat of the event. */
function noSeats(event, world) {
  const other = world.events.find((one) => one !== event);
  // The last is one that a seat might have.
  const texts = ['nowhere', 'none', '', '\u{1d11e}', 'Tm90aGluZzox', 'U2VhdDoxOjk5OTk'];
  return [...texts, event.id, event.categories[0].id, ...other.seats.slice(0, 3).map(idOf)];
}

const idOf = ({ id }) => id;

/** What comes to nothing for one who holds seats and has orders in the hall. */
function ownRequest(input, random, hall) {
  const ofHall = (...serials) => serials.map((serial) => hall.seats[serial - 1].id);
  const held = ofHall(...random.one([[1], [2, 1]]));
  const bought = ofHall(6, 5, 6);
  if (input === 'ReserveSeatsInput') return { ids: held };
  if (input === 'ReleaseSeatsInput' || input === 'ExtendHoldsInput') return undefined;
  return random.one([
    { ids: bought, key: 'bought' },
    { ids: bought, key: 'bought', reference: 'another' },
    { ids: ofHall(9), key: 'new', reference: 'another' },
    { ids: held, key: 'new', total: random.one(WRONG_TOTALS) },
  ]);
}

/**
 * Which seats of which event, by their ids; with a key, a reference and a total if they are to be
 * given.
 */
export function askedSeats(input, random, world) {
  const [hall, club] = world.events;
  const own = world.who === 'alice' && random.percent(45) && ownRequest(input, random, hall);
  if (own) return { event: hall, ...own };
  const event = random.percent(75) ? hall : club;
  const wanted = random.some(event.seats, random.below(4));
  const unknown = random.percent(40) ? random.some(noSeats(event, world), 1 + random.below(3)) : [];
  // Of the other one, sales are not open yet: nothing can be had.
  const isClosed = event === club && input === 'ReserveSeatsInput';
  const isRefused = isClosed || unknown.length > 0;
  const needed = isRefused ? [] : [random.one(event.seats.filter(IN_THE_WAY[input]))];
  const ids = [...[...wanted, ...needed].map(idOf), ...unknown];
  const key = input === 'ConfirmSeatsInput' ? random.one(['bought', 'again', 'new']) : undefined;
  return { event, ids: random.some(ids, ids.length), key };
}
