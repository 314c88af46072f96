import assert from 'node:assert/strict';
import test from 'node:test';
import { amountWords, total } from '../src/amounts';

/** Digits and separators alone: how a currency is called is the browser's affair. */
const digits = (amountMinor: number, currency: string, fractionDigits: number, locale = 'en') =>
  amountWords({ amountMinor, currency, fractionDigits }, locale).replace(/[^\d.,]/g, '');

test('the digits after the point are what the server says, whatever the browser knows', () => {
  assert.equal(digits(990_000, 'HUF', 2), '9,900');
  assert.equal(digits(150_000_000, 'IDR', 2), '1,500,000');
  assert.equal(digits(45_000_000, 'COP', 2), '450,000');
  assert.equal(digits(25_000_000, 'IQD', 3), '25,000');
  assert.equal(digits(12_345, 'KWD', 3), '12.345');
  assert.equal(digits(9_900, 'JPY', 0), '9,900');
  assert.equal(digits(990_050, 'HUF', 2), '9,900.50');
  assert.equal(digits(4_950, 'EUR', 2), '49.50');
  assert.equal(digits(4_950, 'EUR', 2, 'de'), '49,50');
});

test('a currency of earlier versions that is none is shown by its letters', () => {
  assert.equal(
    amountWords({ amountMinor: 12_300, currency: '', fractionDigits: 2 }, 'en').trim(),
    '123',
  );
  assert.match(amountWords({ amountMinor: 1, currency: 'QQQ', fractionDigits: 2 }, 'en'), /QQQ/);
});

test('many dear tickets add up exactly', () => {
  const one = { amountMinor: 1_000_000_000_000, currency: 'IDR', fractionDigits: 2 };
  assert.deepEqual(total(Array.from({ length: 100 }, () => one)), {
    ...one,
    amountMinor: 100_000_000_000_000,
  });
  assert.equal(total([]), null);
});
