// A buyer who reads the page and presses its buttons: `npm start -- EVENT`. Tells what happens, and
// ends with 0 if all went well.

// First, since React looks for a browser as soon as it is loaded.
import { body, press, shown, texts } from './browser';
import { Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { RelayEnvironmentProvider } from 'react-relay';
import { commitMutation } from 'relay-runtime';
import type { SeatListHoldMutation } from './__generated__/SeatListHoldMutation.graphql';
import { EventPage } from './EventPage';
import { HOLD } from './SeatList';
import type { Visitor } from './environment';
import { Fold } from './fold';
import { newGuest } from './guest';
import { holdRefusal } from './refusals';

const SEATS = '[aria-label=Seats] li';
const ALERT = '[role=alert]';
const GIVE_BACK = '[aria-label=Basket] button:not(:last-child)';
const ORDER = '[aria-label=Order]';

const tell = (words: string): void => console.log(words);

async function visit(event: string): Promise<void> {
  const me = await newGuest();
  const fold = new Fold();
  const root = createRoot(body);
  root.render(
    <RelayEnvironmentProvider environment={me.environment}>
      <Suspense fallback="…">
        <EventPage event={event} fold={fold} />
      </Suspense>
    </RelayEnvironmentProvider>,
  );
  try {
    await buy(event, me, fold);
  } finally {
    root.unmount();
    await me.leave();
  }
}

async function buy(event: string, me: Visitor, fold: Fold): Promise<void> {
  // The list comes from a query, and what each seat is now from the first frame.
  const page = await shown(
    'a free seat',
    () => texts(SEATS).at(0)?.endsWith('free') && texts(SEATS),
  );
  texts('[aria-label=Events] li').forEach((line) => tell(`Event: ${line}`));
  page.forEach((line) => tell(`Seat: ${line}`));
  await press('More seats');
  const more = await shown('another page', () => texts(SEATS).length > page.length && texts(SEATS));
  tell(`Another page: ${more.length} seats by now`);

  const [first, second, third] = body.querySelectorAll<HTMLButtonElement>(`${SEATS} button`);
  if (!first || !second || !third) throw new Error('there are not enough seats');
  for (const seat of [first, second, third]) seat.click();
  // Somebody else is faster with one of them.
  await holdAsAnother(event, third.value);
  await press('Hold');
  const alert = await shown('a refusal', () => texts(ALERT).at(0));
  tell(`Refused, all of them: ${alert}`);

  third.click();
  await press('Hold');
  await press('Give back');
  await shown('a basket of one', () => texts(GIVE_BACK).length === 1);
  tell('Held two, gave one back');
  // What happens while the connection is lost is found again.
  me.cut();
  await press('Buy for');
  const order = await shown('the order', () => texts(`${ORDER} :is(h2, li)`).join('; '));
  tell(`Bought: ${order}`);
  const sold = await shown('a sold seat', () => texts(SEATS).find((line) => line.endsWith('sold')));
  tell(`Seat: ${sold}`);
  const counts = [fold.count('A'), fold.count('R'), fold.count('C')];
  tell(`The map says: ${counts[0]} free, ${counts[1]} held, ${counts[2]} sold`);
}

async function holdAsAnother(event: string, seat: string): Promise<void> {
  const { environment } = await newGuest();
  const refusal = await new Promise<string | null>((resolve, reject) =>
    commitMutation<SeatListHoldMutation>(environment, {
      mutation: HOLD,
      variables: { input: { eventId: event, seatIds: [seat] } },
      onCompleted: ({ reserveSeats }) => resolve(reserveSeats ? holdRefusal(reserveSeats) : ''),
      onError: reject,
    }),
  );
  if (refusal !== null) throw new Error(refusal);
}

const [event = 'grand-arena'] = process.argv.slice(2);
visit(event).then(
  // Relay keeps what a page had for five minutes, for somebody who comes back. Nobody does.
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
