// What the tests of the map share: a browser, viewers in it, and the server's control.
//
// The environment comes from tests/arena/browser.rs. ARENA_URL is the server, which has the demo
// event; ARENA_CHROMIUM is the browser's binary. ARENA_TOKEN is a viewer's token for calls that no
// page makes, ARENA_SHOP_TOKEN one with the role SHOP. ARENA_CONTROL_URL makes events (POST
// /event), stops the server (POST /stop/TERM, /stop/KILL), and starts it again (POST /start; with
// the limits for viewers and addresses, POST /start/limited).

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const { ARENA_URL, ARENA_CHROMIUM, ARENA_TOKEN, ARENA_SHOP_TOKEN, ARENA_CONTROL_URL } =
  process.env;

const require = createRequire(import.meta.url);
const SCREENSHOTS = fileURLToPath(new URL('screenshots/', import.meta.url));

let browser;
const opened = new Set();

before(async () => {
  // Chromium has no sandbox for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath: ARENA_CHROMIUM, args });
});
after(() => browser?.close());

async function control(command, body) {
  const headers = body && { 'content-type': 'application/json' };
  const response = await fetch(`${ARENA_CONTROL_URL}/${command}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, `${command}: ${await response.clone().text()}`);
  return response;
}

/**
 * A new event that nobody else uses: its id, its slug, and its seats' ids.
 * Seats are in section 101, ten to a row.
 */
export const newEvent = async (wanted = {}) => (await control('event', wanted)).json();
/** One viewer of the demo event may take any number of seats, and let them go. */
export const liftLimits = () => control('demo/without-limits');
export const stopServer = (signal) => control(`stop/${signal}`);
export const startServer = () => control('start');
export const startLimitedServer = () => control('start/limited');

/** Takes all guest sessions that this address may begin for now. */
export async function useUpGuestSessions() {
  const body = JSON.stringify({ query: 'mutation { startGuestSession { token } }' });
  const headers = { 'content-type': 'application/json' };
  for (let began = 0; began < 100; began++) {
    const { status } = await fetch(`${ARENA_URL}/graphql`, { method: 'POST', headers, body });
    if (status === 429) return;
  }
  throw new Error('guest sessions are not limited');
}

/** Asks the API without a page: what other people do. */
export async function api(query, variables, token = ARENA_TOKEN) {
  const headers = {
    'content-type': 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(`${ARENA_URL}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

const RESERVE = `mutation ($event: ID!, $seats: [ID!]!) {
  reserveSeats(input: { eventId: $event, seatIds: $seats }) {
    __typename ... on ReserveSeatsSuccess { revision } ... on UserError { message } } }`;
const RELEASE = `mutation ($event: ID!, $seats: [ID!]!) {
  releaseSeats(input: { eventId: $event, seatIds: $seats }) {
    __typename ... on ReleaseSeatsSuccess { revision } ... on UserError { message } } }`;

/** Somebody without a page holds seats. */
export async function holdElsewhere(event, seats) {
  const { reserveSeats } = await api(RESERVE, { event, seats });
  assert.equal(reserveSeats.__typename, 'ReserveSeatsSuccess', reserveSeats.message);
}

/** And gives them back. */
export async function giveBackElsewhere(event, seats) {
  const { releaseSeats } = await api(RELEASE, { event, seats });
  assert.equal(releaseSeats.__typename, 'ReleaseSeatsSuccess', releaseSeats.message);
}

const CONFIRM = `mutation ($input: ConfirmSeatsInput!) { confirmSeats(input: $input) {
  __typename ... on ConfirmSeatsSuccess { order { code } } ... on UserError { message } } }`;

/** The shop confirms, after payment, what the viewer of a page holds. Gives the order's code. */
export async function confirmInShop({ page }, eventId, seatIds) {
  const session = await page.evaluate(() => localStorage.getItem('grand-arena.guest'));
  const { viewer } = await api('{ viewer { id } }', {}, JSON.parse(session).token);
  const input = { eventId, seatIds, viewerId: viewer.id, idempotencyKey: 'paid' };
  const { confirmSeats } = await api(CONFIRM, { input }, ARENA_SHOP_TOKEN);
  assert.equal(confirmSeats.__typename, 'ConfirmSeatsSuccess', confirmSeats.message);
  return confirmSeats.order.code;
}

/**
 * A viewer: a browser of their own, on the page of an event.
 *
 * Everything that the browser finds wrong is collected in `complaints`. `leave` makes sure that
 * there is nothing, other than what a test expects.
 */
export async function viewer({ path = '/', slug, prepare, isLive = true, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    ...options,
  });
  opened.add(context);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on('console', (message) => {
    // A driver's remarks on its own speed are none of ours.
    if (
      message.type() === 'error' ||
      (message.type() === 'warning' && !message.text().includes('GL Driver Message'))
    ) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
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
  await prepare?.(page, context);
  await page.goto(`${ARENA_URL}${path}${slug ? `?event=${slug}` : ''}`);
  if (isLive) {
    await live(page).catch((error) => {
      throw new Error(`${error.message}\n${complaints.join('\n')}`);
    });
  }
  return {
    page,
    context,
    complaints,
    async leave({ expecting = [] } = {}) {
      const unexpected = complaints.filter(
        (complaint) => !expecting.some((pattern) => pattern.test(complaint)),
      );
      await context.close();
      opened.delete(context);
      assert.deepEqual(unexpected, []);
    },
  };
}

/** Closes what a failed test has left open, so that it does not disturb the next one. */
export async function closeAll() {
  for (const context of opened) await context.close();
  opened.clear();
}

/** Requests that cannot be made are told by the browser itself. */
export const LOST = [/Failed to load resource/, /WebSocket connection to/, /ERR_/, /Fault/];

export const live = (page) => page.locator('#live[data-state="live"]').waitFor();

/** Moves the mouse to the right over the middle of the map until it is on this seat; says where. */
export async function findOnMap(page, name) {
  const { x, y, width, height } = await page.locator('#map').boundingBox();
  for (let at = 4; at < width; at += 7) {
    await page.mouse.move(x + at, y + height / 2);
    const isThere = await page.evaluate((name) => {
      const tooltip = document.querySelector('#tooltip');
      return !tooltip.hidden && tooltip.querySelector('b').textContent === name;
    }, name);
    if (isThere) return { x: x + at, y: y + height / 2 };
  }
  throw new Error(`${name} is not on the map`);
}

/** Opens the list at section 101, if it is not open yet. */
export async function openList(page) {
  await live(page);
  if (await page.locator('#list').isHidden())
    await page.getByRole('button', { name: 'List', exact: true }).click();
  const section = page
    .getByRole('region', { name: /^Section/ })
    .getByRole('button', { name: /^Section 101/ });
  // Either may be open; a list that is not there yet is waited for.
  await section.or(inList(page, 1, 1)).first().waitFor();
  if (await section.isVisible()) await section.click();
}

/** A seat in the list of section 101, by row and number. */
export const inList = (page, row, number) =>
  page
    .getByRole('group', { name: `Row ${row}`, exact: true })
    .getByRole('button', { name: `Row ${row}, seat ${number},` });

/** Waits until a seat in the list is said to be so. */
export const seatIs = (page, row, number, status) =>
  page
    .getByRole('group', { name: `Row ${row}`, exact: true })
    .getByRole('button', { name: new RegExp(`^Row ${row}, seat ${number},.*, ${status}$`) })
    .waitFor();

export const text = (page, words) => page.getByText(words).first().waitFor();

/** What axe-core finds that is serious or critical, in a few words each. */
export async function seriousFindings(page) {
  // The policy keeps script elements out; this comes in through the debugger.
  await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`,
    );
}

/** A picture for people to look at, once nothing moves any more. */
export async function screenshot(page, name) {
  await page.locator('#map[data-painted]').waitFor();
  const take = () => page.screenshot({ animations: 'disabled' });
  let [before, now] = [null, await take()];
  for (let attempts = 0; attempts < 20 && !before?.equals(now); attempts++)
    [before, now] = [now, await take()];
  mkdirSync(SCREENSHOTS, { recursive: true });
  writeFileSync(`${SCREENSHOTS}${name}.png`, now);
}
