// The pages where the server shares its host with others: under a path of its own.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ARENA_URL, closeAll, live, viewer } from './arena.mjs';

afterEach(closeAll);

const PATH = '/arena/';

/** Collects what is asked for beside the path. */
function strays(context) {
  const found = [];
  const check = (address) => {
    const { protocol, pathname } = new URL(address);
    if (protocol !== 'data:' && !pathname.startsWith(PATH)) found.push(address);
  };
  context.on('request', (request) => check(request.url()));
  context.on('page', (page) => page.on('websocket', (socket) => check(socket.url())));
  context.pages().forEach((page) => page.on('websocket', (socket) => check(socket.url())));
  return found;
}

test('the map asks for nothing beside its path, and leads back to itself', async () => {
  let found;
  const prepare = (page, context) => {
    found = strays(context);
  };
  const { page, leave } = await viewer({ path: PATH, prepare });
  await page.locator('a.brand').click();
  await live(page);
  assert.equal(page.url(), `${ARENA_URL}${PATH}`);
  assert.deepEqual(found, []);
  await leave();
});

test('nor does the explorer, which leads to the map', async () => {
  let found;
  const prepare = (page, context) => {
    found = strays(context);
  };
  const path = `${PATH}playground`;
  const { page, leave } = await viewer({ path, prepare, isLive: false });
  await page.locator('.start-example:enabled').first().waitFor();
  await page.locator('.graphiql-execute-button').click();
  await page.getByText('"data"').first().waitFor();
  await page.getByRole('link', { name: 'Grand Arena' }).click();
  await live(page);
  assert.equal(page.url(), `${ARENA_URL}${PATH}`);
  assert.deepEqual(found, []);
  await leave();
});
