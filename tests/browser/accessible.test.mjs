// What everybody can use: axe-core's findings in every state of the map, dark and light, wide and
// narrow. Pictures of the states go to screenshots/, to be looked at. arena.mjs says what is in the
// environment.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import {
  closeAll,
  inList,
  live,
  newEvent,
  openList,
  screenshot,
  seatIs,
  seriousFindings,
  text,
  viewer,
} from './arena.mjs';

afterEach(closeAll);

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };

async function check(page, name) {
  await screenshot(page, name);
  assert.deepEqual(await seriousFindings(page), [], name);
}

for (const colorScheme of ['light', 'dark']) {
  test(`nothing serious is found on the demo event, ${colorScheme}`, async () => {
    const { page, leave } = await viewer({ slug: 'grand-arena', colorScheme, viewport: WIDE });
    await check(page, `map-${colorScheme}`);
    await page.locator('#map').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const first = page.locator('#polite').filter({ hasText: /, free$/ });
    await first.waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#panel .buy').waitFor();
    await check(page, `section-${colorScheme}`);
    await page.getByRole('button', { name: 'List', exact: true }).click();
    await check(page, `list-${colorScheme}`);
    await page.getByRole('button', { name: /^Section 105/ }).click();
    const seat = page.getByRole('button', { name: /, free$/ }).first();
    await seat.click();
    await page.locator('#panel .buy').filter({ hasText: '2 seats' }).waitFor();
    await check(page, `cart-${colorScheme}`);
    await page.locator('#panel .buy').click();
    await page.locator('#order .code').waitFor();
    await check(page, `order-${colorScheme}`);
    await leave();
  });

  test(`nor on a phone, nor while something is refused, ${colorScheme}`, async () => {
    const event = await newEvent({ maxSeatsPerViewer: 1 });
    const { page, leave } = await viewer({
      ...event,
      colorScheme,
      viewport: NARROW,
      hasTouch: true,
      isMobile: true,
    });
    await check(page, `phone-map-${colorScheme}`);
    await openList(page);
    await inList(page, 1, 1).click();
    await seatIs(page, 1, 1, 'held for you');
    await inList(page, 1, 2).click();
    await text(page.locator('.list-note'), '1 seat is the most for one person here');
    await check(page, `phone-refused-${colorScheme}`);
    await page.getByRole('button', { name: 'Close the list' }).click();
    await check(page, `phone-cart-${colorScheme}`);
    await leave();
  });
}

test('the theme is the system’s until the button says otherwise, and stays so', async () => {
  const { page, leave } = await viewer({ slug: 'grand-arena', colorScheme: 'light' });
  const theme = () => page.locator('html').getAttribute('data-theme');
  assert.equal(await theme(), 'light');
  await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
  assert.equal(await theme(), 'dark');
  await page.reload();
  await live(page);
  assert.equal(await theme(), 'dark');
  await page.getByRole('button', { name: 'Switch to the light theme' }).click();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-theme="dark"]').waitFor();
  await leave();
});
