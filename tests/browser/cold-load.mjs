// How long a cold load of the map takes on a telephone: until its seats are painted, and until it
// is live. Prints figures and asserts nothing, since machines differ.
//
//   ARENA_URL=http://127.0.0.1:8080 node cold-load.mjs [RUNS] [SLUG …]
//
// ARENA_CHROMIUM is the browser's binary, `chromium` unless set. Each run is a browser context of
// its own, so nothing is cached. The network is Lighthouse's slow 4G, and the page's thread has a
// quarter of this machine's speed. Chromium slows neither workers nor its network process down.

import { chromium } from 'playwright-core';

const { ARENA_URL = 'http://127.0.0.1:8080', ARENA_CHROMIUM = '/usr/bin/chromium' } = process.env;
const [runs = '7', ...slugs] = process.argv.slice(2);

/** 1.6 Mbit/s down, 750 Kbit/s up, 150 ms there and back. */
const SLOW_4G = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6 * 1024 * 1024) / 8,
  uploadThroughput: (750 * 1024) / 8,
};
const SLOWDOWN = 4;
const VIEWPORT = { width: 412, height: 823 };

const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath: ARENA_CHROMIUM, args });
for (const slug of slugs.length > 0 ? slugs : ['grand-arena']) {
  const loads = [];
  for (let run = 0; run < Number(runs); run++) loads.push(...(await load(slug)));
  const [first, again] = [loads.filter(({ isFirst }) => isFirst), loads.filter((l) => !l.isFirst)];
  console.log(`${slug}, medians of ${runs} (lowest to highest), in ms:`);
  console.log(`  cold: ${summary(first)}`);
  console.log(`  next visit: ${summary(again)}`);
}
await browser.close();

/** Loads the page twice in a new context: with nothing cached, and with what the first has left. */
async function load(slug) {
  const context = await browser.newContext({ viewport: VIEWPORT, isMobile: true, hasTouch: true });
  const page = await context.newPage();
  await page.addInitScript(watch);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', SLOW_4G);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
  const loads = [];
  for (const isFirst of [true, false]) {
    const received = { bytes: 0 };
    const count = ({ encodedDataLength }) => (received.bytes += encodedDataLength);
    devtools.on('Network.loadingFinished', count);
    await page.goto(`${ARENA_URL}/?event=${slug}`, { timeout: 60_000 });
    await page.waitForFunction(() => globalThis.seen.live && globalThis.seen.painted, undefined, {
      timeout: 60_000,
    });
    devtools.off('Network.loadingFinished', count);
    const seen = await page.evaluate(() => globalThis.seen);
    if (process.env.DETAILS) console.log(await page.evaluate(resources), seen);
    loads.push({ isFirst, ...seen, kilobytes: received.bytes / 1000 });
  }
  await context.close();
  return loads;
}

/** In the page: notes when there is a picture on the map, and when it is live. */
function watch() {
  globalThis.seen = {};
  const look = () => {
    const at = Math.round(performance.now());
    if (document.querySelector('#map[data-painted]')) globalThis.seen.painted ??= at;
    if (document.querySelector('#live[data-state="live"]')) globalThis.seen.live ??= at;
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ['data-painted', 'data-state'],
  });
}

/** In the page: what was asked for, when, and when it was there. */
function resources() {
  const entries = performance.getEntriesByType('resource').map((entry) => {
    const name = entry.name.replace(/.*\//, '').slice(0, 60);
    const [from, to] = [entry.startTime, entry.responseEnd].map(Math.round);
    return `${name} ${from}–${to} (${entry.encodedBodySize} of ${entry.decodedBodySize} bytes)`;
  });
  return entries.join('\n');
}

function summary(loads) {
  const of = (name) => {
    const sorted = loads.map((one) => Math.round(one[name])).sort((a, b) => a - b);
    return `${name} ${sorted[sorted.length >> 1]} (${sorted[0]} to ${sorted[sorted.length - 1]})`;
  };
  return ['painted', 'live', 'kilobytes'].map(of).join(', ');
}
