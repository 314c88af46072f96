// The map in a browser: what buyers do, what they see of each other, and what becomes of it when
// connections break. arena.mjs says what is in the environment.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  ARENA_URL,
  LOST,
  api,
  closeAll,
  confirmInShop,
  findOnMap,
  giveBackElsewhere,
  holdElsewhere,
  inList,
  live,
  newEvent,
  openList,
  seatIs,
  startLimitedServer,
  startServer,
  stopServer,
  text,
  useUpGuestSessions,
  viewer,
} from './arena.mjs';

afterEach(closeAll);

const buy = (page) => page.getByRole('button', { name: /^Buy / });
const cart = (page) => page.getByRole('region', { name: 'Your seats' });
const orderCode = (page) => page.locator('#order .code');
const note = (page) => page.locator('#note:visible');

test('two viewers agree: what one holds the other sees as held, and then as free', async () => {
  const event = await newEvent();
  const [alice, bob] = await Promise.all([viewer(event), viewer(event)]);
  await openList(bob.page);
  const seat = await findOnMap(alice.page, 'Row 2, seat 4');
  await alice.page.mouse.click(seat.x, seat.y);
  await cart(alice.page).getByText('row 2 · seat 4').waitFor();
  await seatIs(bob.page, 2, 4, 'held by someone else');
  // It is marked as disabled, but says why when it is tried.
  await inList(bob.page, 2, 4).click({ force: true });
  await text(note(bob.page), 'Row 2, seat 4 is held by someone else. It may become free again.');
  await alice.page.mouse.click(seat.x, seat.y);
  await text(cart(alice.page), 'Choose a free seat');
  await seatIs(bob.page, 2, 4, 'free');
  await alice.leave();
  await bob.leave();
});

test('who is too late is told so at the seat, which is shown as it is at once', async () => {
  const event = await newEvent();
  // A viewer whose stream says nothing any more, so that the seat still looks free.
  let isSilent = false;
  const late = await viewer({
    ...event,
    prepare: (page) =>
      page.routeWebSocket(/graphql/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => isSilent || socket.send(message));
      }),
  });
  await openList(late.page);
  await seatIs(late.page, 1, 3, 'free');
  isSilent = true;
  await holdElsewhere(event.id, [event.seats[2]]);
  await inList(late.page, 1, 3).click();
  await text(
    note(late.page),
    'Someone was faster: row 1, seat 3. It is held, and may become free again.',
  );
  await seatIs(late.page, 1, 3, 'held by someone else');
  await text(cart(late.page), 'Choose a free seat');
  await late.leave();
});

test('a hold counts down by the clock of the server, and is free for all after it', async () => {
  const event = await newEvent({ holdSeconds: 6 });
  // This computer's clock is an hour wrong.
  const wrong = (page) =>
    page.addInitScript(() => {
      const { now } = Date;
      Date.now = () => now() + 3_600_000;
    });
  const [alice, bob] = await Promise.all([viewer({ ...event, prepare: wrong }), viewer(event)]);
  await Promise.all([openList(alice.page), openList(bob.page)]);
  await inList(alice.page, 1, 1).click();
  await seatIs(alice.page, 1, 1, 'held for you');
  await alice.page
    .getByRole('timer')
    .filter({ hasText: /^0:0[1-6]$/ })
    .waitFor();
  await seatIs(bob.page, 1, 1, 'held by someone else');
  await Promise.all([seatIs(alice.page, 1, 1, 'free'), seatIs(bob.page, 1, 1, 'free')]);
  await text(note(alice.page), 'The time for row 1, seat 1 has run out.');
  await text(cart(alice.page), 'Choose a free seat');
  await inList(bob.page, 1, 1).click();
  await seatIs(alice.page, 1, 1, 'held by someone else');
  await alice.leave();
  await bob.leave();
});

test('a start is said by the clocks at the event, and whose they are', async () => {
  const event = await newEvent();
  const [there, elsewhere] = await Promise.all([
    viewer({ ...event, timezoneId: 'Europe/Berlin' }),
    viewer({ ...event, timezoneId: 'America/New_York' }),
  ]);
  await text(elsewhere.page.locator('.event'), /2:00\sAM \(Berlin time\)/);
  await text(there.page.locator('.event'), /2:00\sAM/);
  assert.equal(await there.page.getByText('Berlin time').count(), 0);
  await there.leave();
  await elsewhere.leave();
});

test('held seats are bought in one order; a reload brings it back, as it does holds', async () => {
  const event = await newEvent();
  const [alice, bob] = await Promise.all([viewer(event), viewer(event)]);
  await Promise.all([openList(alice.page), openList(bob.page)]);
  await inList(alice.page, 1, 1).click();
  await inList(alice.page, 1, 2).click();
  await buy(alice.page).filter({ hasText: 'Buy 2 seats · €100' }).waitFor();
  await alice.page.reload();
  await openList(alice.page);
  await seatIs(alice.page, 1, 1, 'held for you');
  await buy(alice.page).filter({ hasText: '2 seats' }).click();
  const code = await orderCode(alice.page).textContent();
  assert.match(code, /^\w{5}-\w{5}$/);
  await alice.page.getByRole('button', { name: 'Back to the map' }).click();
  await seatIs(alice.page, 1, 1, 'yours');
  await seatIs(bob.page, 1, 1, 'sold');
  await seatIs(bob.page, 1, 2, 'sold');
  await alice.page.reload();
  await alice.page.getByRole('button', { name: code }).waitFor();
  assert.equal(
    new URL(alice.page.url()).search,
    `?event=${event.slug}`,
    'the address holds the event and nothing else',
  );
  await alice.leave();
  await bob.leave();
});

test('where the shop confirms, the page has no button for it, and shows the order', async () => {
  const event = await newEvent({ isConfirmedByShop: true });
  const alice = await viewer(event);
  await openList(alice.page);
  await inList(alice.page, 1, 1).click();
  await text(cart(alice.page), 'The shop confirms these seats once they are paid: 1 seat · €50');
  assert.equal(await buy(alice.page).count(), 0);
  const code = await confirmInShop(alice, event.id, event.seats.slice(0, 1));
  await seatIs(alice.page, 1, 1, 'yours');
  await alice.page.getByRole('region', { name: 'Your orders' }).getByText(code).waitFor();
  await alice.leave();
});

test('a hold is bought before its answer is here, if the stream has told of it', async () => {
  const event = await newEvent();
  let answer;
  const isAsked = new Promise((resolve) => (answer = resolve));
  const alice = await viewer({
    ...event,
    prepare: (page) =>
      page.route('**/graphql', async (route) => {
        if (!route.request().postData().includes('reserveSeats')) return route.continue();
        const response = await route.fetch();
        await isAsked;
        await route.fulfill({ response });
      }),
  });
  await openList(alice.page);
  await inList(alice.page, 1, 4).click();
  await buy(alice.page).click();
  await orderCode(alice.page).waitFor();
  answer();
  await alice.leave();
});

/** Lets confirmations reach the server, and loses their answers for as long as `isLost` says. */
const losingConfirmations = (keys, isLost) => (page) =>
  page.route('**/graphql', async (route) => {
    const { query, variables } = route.request().postDataJSON();
    if (!query.includes('confirmSeats')) return route.continue();
    keys.push(variables.input.idempotencyKey);
    if (!isLost()) return route.continue();
    await route.fetch();
    await route.abort('connectionreset');
  });

test('a lost answer does not buy twice: it is asked for again under the same key', async () => {
  const event = await newEvent();
  const keys = [];
  const alice = await viewer({
    ...event,
    prepare: losingConfirmations(keys, () => keys.length < 3),
  });
  await openList(alice.page);
  await inList(alice.page, 1, 5).click();
  await buy(alice.page).click();
  await orderCode(alice.page).waitFor();
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1);
  await alice.leave({ expecting: LOST });
});

test('a purchase that a reload interrupts is taken up again under its key', async () => {
  const event = await newEvent();
  const keys = [];
  let isLost = true;
  const alice = await viewer({ ...event, prepare: losingConfirmations(keys, () => isLost) });
  await openList(alice.page);
  await inList(alice.page, 1, 6).click();
  await buy(alice.page).click();
  // The stream tells that the seat is bought while the answer is still waited for.
  await alice.page.getByRole('timer').waitFor({ state: 'detached' });
  await alice.page.getByRole('button', { name: 'Buying…' }).waitFor();
  await text(alice.page, 'No answer yet. Trying again…');
  isLost = false;
  await alice.page.reload();
  await orderCode(alice.page).waitFor();
  assert.equal(new Set(keys).size, 1);
  await alice.leave({ expecting: LOST });
});

test('whoever wants more seats than the event allows is told how many that are', async () => {
  const event = await newEvent({ maxSeatsPerViewer: 2 });
  const alice = await viewer(event);
  await openList(alice.page);
  for (const number of [1, 2]) {
    await inList(alice.page, 1, number).click();
    await seatIs(alice.page, 1, number, 'held for you');
  }
  await inList(alice.page, 1, 3).click();
  await text(
    note(alice.page),
    '2 seats is the most for one person here, and you have 2. Give one back to take another.',
  );
  await seatIs(alice.page, 1, 3, 'free');
  await alice.leave();
});

/**
 * Answers these operations itself; `answers` gives the data, or the errors, by the field's name.
 */
const answering = (answers) => (page) =>
  page.route('**/graphql', (route) => {
    const { query } = route.request().postDataJSON();
    const field = Object.keys(answers).find((name) => query.includes(`${name}(`));
    const answer = field && answers[field];
    if (!answer) return route.continue();
    return route.fulfill({
      json: answer.errors ? { data: null, ...answer } : { data: { [field]: answer } },
    });
  });

test('every refusal is explained in words of its own', async () => {
  const event = await newEvent();
  const answers = {};
  const alice = await viewer({ ...event, prepare: answering(answers) });
  const { page } = alice;
  await openList(page);
  const [seatId] = event.seats;
  const refused = async (field, answer, words) => {
    answers[field] = answer;
    await (field === 'confirmSeats' ? buy(page) : inList(page, 1, 1)).click();
    await text(note(page), words);
    delete answers[field];
  };
  const unavailable = (reason) => ({ __typename: 'SeatsUnavailable', seats: [{ seatId, reason }] });
  const notHeld = (reason) => ({ __typename: 'SeatsNotHeld', seats: [{ seatId, reason }] });
  const fault = (code) => ({ errors: [{ message: code, extensions: { code } }] });
  const closed = { __typename: 'SalesClosed', opensAt: null, closedAt: null };

  const tooFrequent = { __typename: 'HoldsTooFrequent', retryAt: '2020-01-01T10:00:00Z' };
  const reservations = [
    [{ ...closed, opensAt: '2079-01-01T10:00:00Z' }, /^Sales open .*2079/],
    [{ ...closed, closedAt: '2020-01-01T10:00:00Z' }, 'Sales for this event have closed.'],
    [tooFrequent, /^You have let many seats go, .* You can take seats again in 1 second\.$/],
    [unavailable('NOT_FOR_SALE'), 'Row 1, seat 1 is not offered.'],
    [unavailable('NOT_FOUND'), 'The event has no such seat. Please reload the page.'],
    [fault('FORBIDDEN'), 'this server wants you to sign in first'],
    [fault('NOT_FOUND'), 'This event is not there any more.'],
    [fault('INTERNAL'), 'Something went wrong on our side.'],
  ];
  for (const [answer, words] of reservations) await refused('reserveSeats', answer, words);
  await inList(page, 1, 1).click();
  await seatIs(page, 1, 1, 'held for you');
  await refused(
    'releaseSeats',
    notHeld('NEVER_HELD'),
    'Row 1, seat 1 is not held for you any more.',
  );
  const reasons = [
    ['HOLD_EXPIRED', 'The time for row 1, seat 1 has run out. Nothing was bought.'],
    ['NEVER_HELD', 'Row 1, seat 1 is not held for you any more. Nothing was bought.'],
    ['ALREADY_CONFIRMED', 'Row 1, seat 1 is yours already, in another order. Nothing was bought.'],
  ];
  for (const [reason, words] of reasons) await refused('confirmSeats', notHeld(reason), words);
  await refused(
    'confirmSeats',
    { __typename: 'IdempotencyKeyReused', message: '' },
    'Nothing was bought this time. Please press the button again.',
  );
  const price = { amountMinor: 990_000, currency: 'HUF', fractionDigits: 2 };
  const ticketTypes = [{ price }];
  answers.nodes = [{ __typename: 'Seat', id: seatId, revision: 1_000_000, ticketTypes }];
  await refused(
    'confirmSeats',
    { __typename: 'PriceChanged', message: '' },
    /^Prices have changed: your seats cost \D*9,900\D* now\. Press the button again to buy/,
  );
  await page.getByRole('button', { name: /^Buy .*9,900/ }).waitFor();
  delete answers.nodes;
  await refused('confirmSeats', fault('INTERNAL'), 'Something went wrong on our side.');
  await refused(
    'confirmSeats',
    notHeld('CONFIRMED_TO_ANOTHER'),
    'Row 1, seat 1 is sold to someone else now. Nothing was bought.',
  );
  await seatIs(page, 1, 1, 'sold');
  await alice.leave();
});

test('a server that is too busy is asked again after the time that it says', async () => {
  const event = await newEvent();
  const asked = [];
  const refuse = (page) =>
    page.route('**/graphql', (route) => {
      if (!route.request().postDataJSON().query.includes('reserveSeats')) return route.continue();
      asked.push(Date.now());
      if (asked.length > 1) return route.continue();
      const errors = [{ message: 'busy', extensions: { code: 'OVERLOADED', retryAfterMs: 700 } }];
      return route.fulfill({ json: { data: null, errors } });
    });
  const alice = await viewer({ ...event, prepare: refuse });
  await openList(alice.page);
  await inList(alice.page, 1, 1).click();
  await text(note(alice.page), 'Very busy right now. Trying again…');
  await seatIs(alice.page, 1, 1, 'held for you');
  assert.equal(asked.length, 2);
  assert.ok(asked[1] - asked[0] >= 690, `asked again after ${asked[1] - asked[0]} ms`);
  await alice.leave();
});

test('a token that the server does not take is replaced by a new guest', async () => {
  const event = await newEvent();
  const session = JSON.stringify({ token: 'nonsense', expiresAt: '2099-01-01T00:00:00Z' });
  const forget = (page) =>
    page.addInitScript((session) => {
      // Once: the reload later finds the new guest.
      if (sessionStorage.getItem('spoiled')) return;
      sessionStorage.setItem('spoiled', 'yes');
      localStorage.setItem('grand-arena.guest', session);
    }, session);
  const alice = await viewer({ ...event, prepare: forget });
  await openList(alice.page);
  await inList(alice.page, 1, 1).click();
  await seatIs(alice.page, 1, 1, 'held for you');
  await alice.page.reload();
  await openList(alice.page);
  await seatIs(alice.page, 1, 1, 'held for you');
  await alice.leave({ expecting: LOST });
});

/** Gives what the page says of the connection from now on, whenever that changes. */
async function watchStates(page) {
  await page.evaluate(() => {
    const live = document.querySelector('#live');
    globalThis.states = [];
    const note = () => globalThis.states.push(live.dataset.state);
    new MutationObserver(note).observe(live, { attributeFilter: ['data-state'] });
  });
  return () => page.evaluate(() => globalThis.states);
}

test('to watch takes no guest session; to hold waits for one, and says how long', async () => {
  const event = await newEvent();
  await stopServer('TERM');
  await startLimitedServer();
  try {
    await useUpGuestSessions();
    const alice = await viewer(event);
    await openList(alice.page);
    await holdElsewhere(event.id, [event.seats[1]]);
    await seatIs(alice.page, 1, 2, 'held by someone else');
    const states = await watchStates(alice.page);
    await inList(alice.page, 1, 1).click();
    await text(note(alice.page), /from your network.* Trying again in \d seconds?…$/);
    await seatIs(alice.page, 1, 1, 'held for you');
    await live(alice.page);
    // What is theirs comes live from now on, too: another tab gives it back.
    const second = await alice.context.newPage();
    await second.goto(alice.page.url());
    await second.getByRole('button', { name: /^Give back/ }).click();
    await seatIs(alice.page, 1, 1, 'free');
    assert.deepEqual(await states(), [], 'the map is live all along');
    await alice.leave({ expecting: [/429/] });
  } finally {
    await stopServer('TERM');
    await startServer();
  }
});

test('a map of another plan has the page load the plan anew, and not from its cache', async () => {
  const event = await newEvent();
  let isOther = false;
  const other = (message) => message.replace(/"planVersion":\d+/, '"planVersion":99');
  const alice = await viewer({
    ...event,
    prepare: (page) =>
      page.routeWebSocket(/graphql/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((message) => socket.send(isOther ? other(message) : message));
      }),
  });
  const plans = [];
  alice.page.on('request', (request) => {
    if (!request.url().includes('PlanDrawing')) return;
    plans.push(request);
    isOther = false;
  });
  await openList(alice.page);
  const shown = await inList(alice.page, 1, 2).elementHandle();
  isOther = true;
  await holdElsewhere(event.id, [event.seats[1]]);
  // The page begins anew, and with it the list.
  await shown.waitForElementState('hidden');
  await openList(alice.page);
  await seatIs(alice.page, 1, 2, 'held by someone else');
  const headers = await Promise.all(plans.map((request) => request.allHeaders()));
  assert.deepEqual(
    headers.map((each) => each['cache-control']),
    ['max-age=0'],
  );
  await alice.leave();
});

test('whom a server loses comes back when it has said, and not all at once', async () => {
  const event = await newEvent();
  const opened = [];
  let lose;
  const alice = await viewer({
    ...event,
    prepare: async (page) => {
      // Of all waits the longest.
      await page.addInitScript(() => (Math.random = () => 0.99));
      await page.routeWebSocket(/graphql/, (socket) => {
        opened.push(Date.now());
        const server = socket.connectToServer();
        lose = () => socket.close({ code: 1001 });
        server.onMessage((message) => {
          const told = JSON.parse(message);
          if (told.type === 'connection_ack') told.payload = { reconnectWithinMs: 3_000 };
          socket.send(JSON.stringify(told));
        });
      });
    },
  });
  const lostAt = Date.now();
  lose();
  await text(alice.page, /^Reconnecting… As of \d/);
  await live(alice.page);
  const waited = opened[1] - lostAt;
  assert.ok(waited > 2_900 && waited < 10_000, `came back after ${waited} ms`);
  await alice.leave({ expecting: LOST });
});

for (const signal of ['TERM', 'KILL']) {
  test(`when the server goes away (${signal}) the page says since when, and goes on`, async () => {
    const event = await newEvent();
    const alice = await viewer(event);
    await openList(alice.page);
    await inList(alice.page, 1, 1).click();
    await seatIs(alice.page, 1, 1, 'held for you');
    await stopServer(signal);
    await text(alice.page, /^Reconnecting… As of \d/);
    await startServer();
    await holdElsewhere(event.id, [event.seats[1]]);
    await live(alice.page);
    await seatIs(alice.page, 1, 2, 'held by someone else');
    await seatIs(alice.page, 1, 1, 'held for you');
    await alice.leave({ expecting: LOST });
  });
}

test('what happened while the network was away is there after it, with no other map', async () => {
  const event = await newEvent();
  const alice = await viewer(event);
  await openList(alice.page);
  const maps = [];
  alice.page.on(
    'request',
    (request) => request.postData()?.includes('seatMap') && maps.push(request),
  );
  await alice.context.setOffline(true);
  await text(alice.page, /^Reconnecting… As of \d/);
  await holdElsewhere(event.id, event.seats.slice(0, 5));
  await giveBackElsewhere(event.id, event.seats.slice(0, 1));
  await alice.context.setOffline(false);
  await live(alice.page);
  await seatIs(alice.page, 1, 1, 'free');
  await seatIs(alice.page, 1, 5, 'held by someone else');
  assert.equal(maps.length, 0);
  await alice.leave({ expecting: LOST });
});

test('a page that slept for an hour is right when it wakes up', async () => {
  const event = await newEvent({ holdSeconds: 6 });
  const alice = await viewer({ ...event, reducedMotion: 'no-preference' });
  await openList(alice.page);
  await inList(alice.page, 1, 1).click();
  await seatIs(alice.page, 1, 1, 'held for you');
  // Asleep: no timer runs and nothing is received, while the hold ends and others go on.
  const devtools = await alice.context.newCDPSession(alice.page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  const isHeld = async () =>
    (await api('query ($id: ID!) { seat(id: $id) { status } }', { id: event.seats[0] })).seat
      .status !== 'AVAILABLE';
  while (await isHeld());
  await holdElsewhere(event.id, event.seats.slice(0, 2));
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  // What a clock on the wall shows by then.
  await alice.page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await seatIs(alice.page, 1, 1, 'held by someone else');
  await seatIs(alice.page, 1, 2, 'held by someone else');
  await live(alice.page);
  await text(cart(alice.page), 'Choose a free seat');
  await seatIs(alice.page, 1, 1, 'free');
  await alice.leave();
});

test('another tab of the same browser is the same viewer, and sees it at once', async () => {
  const event = await newEvent();
  const alice = await viewer(event);
  const second = await alice.context.newPage();
  await second.goto(alice.page.url());
  await live(second);
  await openList(alice.page);
  await inList(alice.page, 1, 1).click();
  await cart(second).getByText('row 1 · seat 1').waitFor();
  await second.getByRole('button', { name: /^Give back/ }).click();
  await seatIs(alice.page, 1, 1, 'free');
  await alice.leave();
});

test('seats are found, held and bought on the map with the keyboard alone', async () => {
  const event = await newEvent();
  const alice = await viewer(event);
  const { page } = alice;
  const isFocused = (selector) =>
    page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, selector);
  const tabTo = async (selector) => {
    for (let presses = 0; !(await isFocused(selector)); presses++) {
      assert.ok(presses < 60, `${selector} is not reached with Tab`);
      await page.keyboard.press('Tab');
    }
  };
  const said = (words) => page.locator('#polite').filter({ hasText: words }).waitFor();
  await tabTo('#map');
  // 40 seats are large enough to be seen at once, so the cursor is on a seat.
  await said(/^Section 101, row \d, seat \d+, €\d+.*, free$/);
  await page.keyboard.press('Home');
  await said(/seat 1, €50, wheelchair place, free$/);
  await page.keyboard.press('ArrowRight');
  await said(/seat 2, €50, free$/);
  await page.keyboard.press('Enter');
  await said(/seat 2 is held for you for 5 minutes\.$/);
  await page
    .locator('#tooltip')
    .filter({ hasText: /Row \d, seat 2.*held for you/s })
    .waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await said(/seat 3 is held for you for 5 minutes\.$/);
  await page.keyboard.press('Space');
  await said(/seat 3 given back\.$/);
  await tabTo('#panel .buy');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: /^Enjoy/ }).waitFor();
  await page
    .locator('#urgent')
    .filter({ hasText: /^Bought\. Your order is/ })
    .waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#order').waitFor({ state: 'hidden' });
  await alice.leave();
});

test('and in the list', async () => {
  const event = await newEvent();
  const { page, leave } = await viewer(event);
  await page.getByRole('button', { name: 'List', exact: true }).focus();
  await page.keyboard.press('Enter');
  const focused = (name) =>
    page.waitForFunction(
      (name) => new RegExp(name).test(document.activeElement?.ariaLabel ?? ''),
      name,
    );
  await page.getByRole('button', { name: /^Section 101/ }).focus();
  await page.keyboard.press('Enter');
  await focused('^Row 1, seat 1,');
  await page.keyboard.press('ArrowDown');
  await focused('^Row 2, seat 1,');
  await page.keyboard.press('End');
  await focused('^Row 2, seat 10,');
  await page.keyboard.press('Enter');
  await focused('^Row 2, seat 10,.*, held for you$');
  await page.keyboard.press('Enter');
  await focused('^Row 2, seat 10,.*, free$');
  await leave();
});

/** A browser that cannot hand a canvas to a worker: then the page draws, where a test can reach. */
const drawingInThePage = (page) =>
  page.addInitScript(() => delete HTMLCanvasElement.prototype.transferControlToOffscreen);

test('without WebGL, and without a worker, the map is drawn all the same', async () => {
  const event = await newEvent();
  const withoutWebGl = async (page) => {
    await drawingInThePage(page);
    await page.addInitScript(() => {
      const { getContext } = HTMLCanvasElement.prototype;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith('webgl') ? null : getContext.call(this, kind, ...rest);
      };
    });
  };
  const alice = await viewer({ ...event, prepare: withoutWebGl });
  const seat = await findOnMap(alice.page, 'Row 2, seat 4');
  await alice.page.mouse.click(seat.x, seat.y);
  await cart(alice.page).getByText('row 2 · seat 4').waitFor();
  const isDrawn = await alice.page.evaluate(() => {
    const canvas = document.querySelector('#map canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value > 0);
  });
  assert.ok(isDrawn);
  await alice.leave();
});

test('a map whose graphics card was taken away draws itself anew when it is back', async () => {
  const event = await newEvent();
  const keepContext = async (page) => {
    await drawingInThePage(page);
    await page.addInitScript(() => {
      const { getContext } = HTMLCanvasElement.prototype;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        const context = getContext.call(this, kind, ...rest);
        if (kind === 'webgl2') globalThis.mapContext = context;
        return context;
      };
    });
  };
  const alice = await viewer({ ...event, prepare: keepContext });
  const picture = () => alice.page.locator('#map').screenshot();
  const before = await picture();
  await alice.page.evaluate(async () => {
    const gl = globalThis.mapContext;
    const happens = (name) =>
      new Promise((resolve) => gl.canvas.addEventListener(name, resolve, { once: true }));
    const extension = gl.getExtension('WEBGL_lose_context');
    const [lost, restored] = [happens('webglcontextlost'), happens('webglcontextrestored')];
    extension.loseContext();
    await lost;
    await new Promise(requestAnimationFrame);
    extension.restoreContext();
    await restored;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  });
  assert.ok(before.equals(await picture()), 'the picture is the same as before');
  await alice.leave({ expecting: [/CONTEXT_LOST_WEBGL/, /WebGL/] });
});

test('the map is zoomed with the wheel, two fingers and buttons, and dragged', async () => {
  const event = await newEvent();
  const alice = await viewer({ ...event, hasTouch: true });
  const { page } = alice;
  const places = async () => {
    const [a, b] = [await findOnMap(page, 'Row 2, seat 9'), await findOnMap(page, 'Row 3, seat 2')];
    return { left: a.x, distance: b.x - a.x };
  };
  const { x, y, width, height } = await page.locator('#map').boundingBox();
  const middle = { x: x + width / 2, y: y + height / 2 };
  const first = await places();

  await page.mouse.move(middle.x, middle.y);
  await page.mouse.wheel(0, -200);
  const afterWheel = await places();
  assert.ok(afterWheel.distance > first.distance, 'the wheel');

  const devtools = await alice.context.newCDPSession(page);
  const touch = (type, ...spots) =>
    devtools.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: spots.map((dx, id) => ({ x: middle.x + dx, y: middle.y, id })),
    });
  await touch('touchStart', -40, 40);
  for (let spread = 40; spread <= 60; spread += 4) await touch('touchMove', -spread, spread);
  await touch('touchEnd');
  const afterPinch = await places();
  assert.ok(afterPinch.distance > afterWheel.distance, 'two fingers');
  await text(cart(page), 'Choose a free seat');

  await page.mouse.move(middle.x, middle.y);
  await page.mouse.down();
  await page.mouse.move(middle.x - 60, middle.y, { steps: 4 });
  await page.mouse.up();
  const afterDrag = await places();
  assert.ok(afterDrag.left < afterPinch.left - 20, 'dragging');
  assert.ok(await cart(page).getByText('Choose a free seat').isVisible(), 'dragging holds nothing');

  await page.getByRole('button', { name: 'Show all seats' }).click();
  assert.deepEqual(await places(), first);
  await page.getByRole('button', { name: 'Zoom in' }).click();
  assert.ok((await places()).distance > first.distance, 'the button');
  await alice.leave();
});

test('events are chosen at the top, the address follows, and a missing one is named', async () => {
  const [first, second] = [
    await newEvent({ name: 'First night' }),
    await newEvent({ name: 'Second night' }),
  ];
  const { page, leave } = await viewer(first);
  await page.getByRole('heading', { name: 'First night' }).waitFor();
  await page.getByRole('combobox', { name: 'Event', exact: true }).selectOption(second.slug);
  await page.getByRole('heading', { name: 'Second night' }).waitFor();
  await live(page);
  assert.equal(page.url(), `${ARENA_URL}/?event=${second.slug}`);
  // What is done now is done there and nowhere else.
  const seat = await findOnMap(page, 'Row 2, seat 4');
  await page.mouse.click(seat.x, seat.y);
  await cart(page).getByText('row 2 · seat 4').waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'First night' }).waitFor();
  await live(page);
  const { event } = await api(
    'query ($id: ID!) { event(id: $id) { availability { available } } }',
    { id: first.id },
  );
  assert.equal(event.availability.available, 40);
  await page.goto(`${ARENA_URL}/?event=nothing-of-the-kind`);
  await text(page, 'There is no event “nothing-of-the-kind”. Choose one above.');
  await leave();
});
