import assert from 'node:assert/strict';
import test from 'node:test';
import { ServerClock } from '../src/clock';

const instant = (ms: number) => new Date(ms).toISOString();

test('the best of what the server has told is kept, and it is never run ahead of', () => {
  let ticks = 1_000;
  const clock = new ServerClock(() => ticks);
  assert.equal(clock.now(), 1_000);
  // Told 400 ms late, then 50 ms late, then 900 ms late.
  clock.observe(instant(50_000 - 400));
  ticks += 1_000;
  clock.observe(instant(51_000 - 50));
  ticks += 1_000;
  clock.observe(instant(52_000 - 900));
  assert.equal(clock.now(), 52_000 - 50);
});

test('after a sleep that stopped our clock, the next word of the server sets it right', () => {
  let ticks = 0;
  const clock = new ServerClock(() => ticks);
  clock.observe(instant(100_000));
  ticks += 500;
  clock.observe(instant(3_700_000));
  assert.equal(clock.now(), 3_700_000);
});
