// Money: what is sent back as the server said it, and what a person reads.

import { graphql, readInlineData } from 'relay-runtime';
import type { money_amount$data, money_amount$key } from './__generated__/money_amount.graphql';

type Amount = Pick<money_amount$data, 'amountMinor' | 'currency' | 'fractionDigits'>;

function amountOf(masked: money_amount$key): Amount {
  return readInlineData(
    graphql`
      fragment money_amount on Money @inline { amountMinor currency fractionDigits }
    `,
    masked,
  );
}

/** What several prices make together. One event has one currency. */
export function total(prices: readonly money_amount$key[]): Amount {
  const amounts = prices.map(amountOf);
  const [first] = amounts;
  if (!first) throw new Error('there are no prices to add up');
  return { ...first, amountMinor: amounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0) };
}

export function moneyWords(masked: money_amount$key): string {
  return amountWords(amountOf(masked));
}

/** Where the point stands is the server's word: locale data of browsers knows other digits. */
export function amountWords({ amountMinor, currency, fractionDigits }: Amount): string {
  const digits = String(amountMinor).padStart(fractionDigits + 1, '0');
  const point = digits.length - fractionDigits;
  const fraction = fractionDigits === 0 ? '' : `.${digits.slice(point)}`;
  return `${currency} ${digits.slice(0, point)}${fraction}`;
}
