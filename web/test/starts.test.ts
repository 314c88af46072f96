import assert from 'node:assert/strict';
import test from 'node:test';
import { startWords } from '../src/starts';

const START = { startsAt: '2026-11-22T19:30:00.000000Z', timeZone: 'America/New_York' };
const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('a start is said by the clocks at the event, and whose they are where they differ', () => {
  assert.equal(plain(startWords(START, 'en', 'America/New_York')), 'Nov 22, 2026, 2:30 PM');
  assert.equal(
    plain(startWords(START, 'en', 'Europe/Berlin')),
    'Nov 22, 2026, 2:30 PM (New York time)',
  );
});

test('zones whose clocks agree at that instant are not told apart', () => {
  assert.equal(plain(startWords(START, 'en', 'America/Toronto')), 'Nov 22, 2026, 2:30 PM');
});

test('a zone that the browser does not know is not guessed', () => {
  const start = { ...START, timeZone: 'Mars/Olympus_Mons' };
  assert.equal(plain(startWords(start, 'en', 'UTC')), 'Nov 22, 2026, 7:30 PM');
});
