// Amounts of money, for a person.

import type { Category } from './plan';

export type Amount = Category['price'];

/**
 * An amount as the reader writes it. How many digits stand after the point is the server's word, by
 * ISO 4217: a browser's locale data leaves out what few people use, and a hundredfold is not a
 * matter of taste.
 */
export function amountWords(amount: Amount, locale: string): string {
  const { amountMinor, currency, fractionDigits } = amount;
  const value = amountMinor / 10 ** fractionDigits;
  // Whole amounts read better without their zeros.
  const digits = Number.isInteger(value) ? 0 : fractionDigits;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, ...options }).format(value);
  } catch {
    // What was imported by an earlier version may be no code that a browser takes.
    return `${new Intl.NumberFormat(locale, options).format(value)} ${currency}`;
  }
}

/** What they come to; null for none. An event has one currency. */
export function total(amounts: readonly Amount[]): Amount | null {
  const [first] = amounts;
  if (!first) return null;
  const amountMinor = amounts.reduce((all, amount) => all + amount.amountMinor, 0);
  return { ...first, amountMinor };
}
