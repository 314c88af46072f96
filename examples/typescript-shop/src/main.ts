// The round of a buyer, told as it happens: `npm start -- EVENT`. Ends with 0 if all went well.

import { randomUUID } from 'node:crypto';
import * as shop from './shop.js';
import { Stream } from './stream.js';
import { moneyWords, refusalWords } from './words.js';

const tell = (words: string): void => console.log(words);
const labels = (seats: readonly { label: string }[]) => seats.map(({ label }) => label).join('; ');

async function round(event: string, stream: Stream): Promise<void> {
  for await (const { slug, name, startsAt, timeZone, availability } of shop.events()) {
    tell(`Event: ${slug}, "${name}", ${startsAt} (${timeZone}), ${availability.available} free`);
  }
  const wanted = await shop.freeSeats(event, 3);
  for (const { label, category } of wanted) {
    tell(`Free: ${label}, ${category.name}, ${moneyWords(category.price)}`);
  }

  const me = await shop.newGuest();
  const held = await shop.hold(me, event, wanted);
  if (held.__typename !== 'ReserveSeatsSuccess') throw new Error(refusalWords(held));
  tell(`Held until ${held.expiresAt}: ${labels(held.seats)}`);
  // The answer may be here before the stream's frame. From this revision on the map shows it.
  await stream.reaches(held.revision);

  const late = await shop.hold(await shop.newGuest(), event, wanted);
  if (late.__typename === 'ReserveSeatsSuccess') throw new Error('seats were given out twice');
  tell(`Somebody else is refused: ${refusalWords(late)}`);

  const given = await shop.giveBack(me, event, wanted.slice(0, 1));
  if (given.__typename !== 'ReleaseSeatsSuccess') throw new Error(refusalWords(given));
  tell(`Given back: ${labels(given.seats)}`);

  // What happens while the connection is lost is found again.
  stream.cut();
  await stream.reaches(await buy(me, event, wanted.slice(1)));
  await compare(event, stream);
}

/** Buys twice by one button press, as one does who cannot know whether the first was heard. */
async function buy(me: string, event: string, seats: readonly shop.Seat[]): Promise<number> {
  const purchase = { event, seats, key: randomUUID(), payment: `payment-${randomUUID()}` };
  const first = await shop.buy(me, purchase);
  if (first.__typename !== 'ConfirmSeatsSuccess') throw new Error(refusalWords(first));
  tell(`Bought: order ${first.order.code}, ${moneyWords(first.order.total)}`);
  for (const { seat, price } of first.order.lines) tell(`  ${seat.label}: ${moneyWords(price)}`);

  const again = await shop.buy(me, purchase);
  if (again.__typename !== 'ConfirmSeatsSuccess') throw new Error(refusalWords(again));
  tell(
    `Asked again: order ${again.order.code}, ${again.created ? 'made anew' : 'not a second one'}`,
  );
  return first.revision;
}

/** Holds the folded map against one that is read at once. Others may go on buying meanwhile. */
async function compare(event: string, stream: Stream): Promise<void> {
  const { revision, seats } = await shop.lastChanges(event);
  await stream.reaches(revision);
  const { fold } = stream;
  const wrong = seats.filter((seat) => {
    const folded = fold.seats.get(seat.id)?.revision ?? -1;
    return folded !== seat.revision && folded <= revision;
  });
  if (wrong.length > 0) throw new Error(`the map is wrong about ${wrong.length} seats`);
  const [free, held, sold] = (['AVAILABLE', 'RESERVED', 'CONFIRMED'] as const).map((status) =>
    fold.count(status),
  );
  tell(`The map is right: ${free} free, ${held} held, ${sold} sold`);
}

const [event = 'grand-arena'] = process.argv.slice(2);
const stream = new Stream(event, tell);
try {
  // The snapshot comes by itself, as the first frame.
  await stream.reaches(0);
  await round(event, stream);
} finally {
  await stream.close();
}
