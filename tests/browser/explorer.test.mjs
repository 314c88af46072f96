// The explorer in a browser: it runs queries, mutations and subscriptions, under a policy that it
// never breaks, and without another host. tests/arena/browser.rs says what is in the environment.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const { ARENA_URL, ARENA_CHROMIUM, ARENA_TOKEN } = process.env;

let browser;
before(async () => {
  // Chromium has no sandbox for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath: ARENA_CHROMIUM, args });
});
after(() => browser?.close());

/** Opens the explorer; `complaints` is what the browser finds wrong with it. */
async function openExplorer(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) =>
    complaints.push(`${request.url()}: ${request.failure()?.errorText}`),
  );
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && origin !== ARENA_URL)
      complaints.push(`${request.url()} is another host's`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`the policy was broken: ${violatedDirective}, ${blockedURI}`);
    });
  });
  await page.goto(`${ARENA_URL}/playground`);
  await isReady(page);
  return { context, page, complaints };
}

/** The examples can be opened once everything is there. */
const isReady = (page) => page.locator('.start-example:enabled').first().waitFor();

const run = (page) => page.locator('.graphiql-execute-button').click();

/** Waits until the response has this in it, and gives it. */
async function response(page, part) {
  // Only the lines in view are elements; the editor's model has them all.
  const handle = await page.waitForFunction((part) => {
    const models = globalThis.__MONACO?.editor.getModels() ?? [];
    const text = models.find((model) => model.uri.path.endsWith('response.json'))?.getValue() ?? '';
    return text.includes(part) && text;
  }, part);
  return JSON.parse(await handle.jsonValue());
}

/** Opens an example, and waits until the editor has understood it: its tab then has its name. */
async function openExample(page, name, operation) {
  await page.getByRole('button', { name, exact: true }).click();
  await page.locator('.graphiql-tab-active').getByText(operation, { exact: true }).waitFor();
}

async function becomeGuest(page) {
  await page.getByRole('button', { name: 'Become a guest' }).first().click();
  await page.getByText(/^guest-.*, until /).waitFor();
}

test('a query, without a token', async () => {
  const { context, page, complaints } = await openExplorer();
  await run(page);
  const { data } = await response(page, '"grand-arena"');
  assert.ok(data.events.nodes.some(({ slug }) => slug === 'grand-arena'));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a guest in one click holds seats and buys them, and sees the order', async () => {
  const { context, page, complaints } = await openExplorer();
  await becomeGuest(page);
  await openExample(page, 'Hold seats', 'ReserveSeats');
  await run(page);
  const held = (await response(page, '"ReserveSeatsSuccess"')).data.reserveSeats.seats;
  assert.equal(held.length, 2);
  assert.ok(held.every(({ heldByMe }) => heldByMe));

  await openExample(page, 'Confirm held seats', 'ConfirmSeats');
  await run(page);
  const { order } = (await response(page, '"ConfirmSeatsSuccess"')).data.confirmSeats;
  assert.deepEqual(
    order.lines.map(({ seat }) => seat.label),
    held.map(({ label }) => label),
  );

  await openExample(page, 'My orders', 'MyOrders');
  await run(page);
  const { viewer } = (await response(page, '"confirmedAt"')).data;
  assert.deepEqual(
    viewer.orders.nodes.map(({ code }) => code),
    [order.code],
  );
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a subscription shows what happens, and stops', async () => {
  const { context, page, complaints } = await openExplorer();
  const socket = page.waitForEvent('websocket');
  await openExample(page, 'Every change of every seat', 'SeatChanges');
  await run(page);
  const closed = (await socket).waitForEvent('close');
  // What happens to a seat, elsewhere; at any time, since the subscription begins at a revision.
  const post = async (query, variables) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${ARENA_TOKEN}` };
    const answer = await fetch(`${ARENA_URL}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await answer.json();
    assert.equal(errors, undefined);
    return data;
  };
  const { event } = await post('{ event(id: "grand-arena") { id } }');
  const { seats } = await post(
    `query ($id: ID!) {
      seats(eventId: $id, first: 1, filter: { status: AVAILABLE, sections: ["F"] }) { nodes { id } }
    }`,
    event,
  );
  const input = { eventId: event.id, seatIds: [seats.nodes[0].id] };
  await post(
    'mutation ($input: ReserveSeatsInput!) { reserveSeats(input: $input) { __typename } }',
    { input },
  );
  const { data } = await response(page, `"${input.seatIds[0]}"`);
  assert.equal(data.seatChanges.changes.at(-1).cause, 'RESERVED');
  // Running again is stopping, now.
  await run(page);
  await closed;
  assert.deepEqual(complaints, []);
  await context.close();
});

test('a pasted token counts at once: in requests and sockets, and not for the schema', async () => {
  const { context, page, complaints } = await openExplorer();
  const token = page.getByLabel('Token');
  await token.fill(`Bearer ${ARENA_TOKEN}`);
  await page.getByText(/^alice, until /).waitFor();
  await openExample(page, 'What is mine, as it changes', 'MyReservations');
  await run(page);
  const { data } = await response(page, '"held"');
  assert.ok(Array.isArray(data.myReservations.orders));
  await run(page);

  await token.fill('nonsense');
  await page.getByText(/^This is not a token/).waitFor();
  await run(page);
  // The socket is closed with a code and a reason, which are shown.
  await response(page, '4403');
  // The browser says so, too; nothing else is wrong.
  assert.deepEqual(complaints, []);
  await page.reload();
  await isReady(page);
  assert.equal(await token.inputValue(), 'nonsense', 'a reload keeps it');
  await page.getByRole('button', { name: 'Forget' }).click();
  await page.getByText(/^Nobody/).waitFor();
  await context.close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`the page is accessible, ${colorScheme}`, async () => {
    const { context, page } = await openExplorer({ colorScheme });
    const require = createRequire(import.meta.url);
    // The policy keeps script elements out; this comes in through the debugger.
    await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
    // Not ours to change: GraphiQL has buttons in its tabs, and its editor has pale line numbers.
    const rest = { exclude: ['.graphiql-tabs', '.monaco-editor'] };
    const { violations } = await page.evaluate((rest) => globalThis.axe.run(rest), rest);
    const serious = violations.filter(
      ({ impact }) => impact === 'serious' || impact === 'critical',
    );
    assert.deepEqual(
      serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
    );
    await context.close();
  });
}
