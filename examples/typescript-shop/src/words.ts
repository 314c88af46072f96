// What a buyer is told. The compiler proves that nothing is left out: a switch that has a case for
// each member leaves `never` behind. A refusal or a reason that the schema gains is an error here.

import { graphql } from './generated/gql.js';
import { type FragmentType, unmask } from './generated/fragment-masking.js';
import type { RefusalReason } from './generated/graphql.js';
import type { BuyResult, GiveBackResult, HoldResult } from './shop.js';

type Success = 'ReserveSeatsSuccess' | 'ReleaseSeatsSuccess' | 'ConfirmSeatsSuccess';

/** Whatever can be refused, of all three. */
export type Refusal = Exclude<HoldResult | GiveBackResult | BuyResult, { __typename: Success }>;

/** A refusal, for the person who asked. */
export function refusalWords(refusal: Refusal): string {
  switch (refusal.__typename) {
    case 'SeatsUnavailable':
    case 'SeatsNotHeld':
      return refusal.seats.map(seatWords).join('; ');
    case 'SeatLimitExceeded': {
      const { limit, held, requested } = refusal;
      return `At most ${limit} seats each: you have ${held} and asked for ${requested} more`;
    }
    case 'HoldsTooFrequent':
      return `Others come first for a while: you may take seats again at ${refusal.retryAt}`;
    case 'SalesClosed':
      return refusal.opensAt ? `Sales open at ${refusal.opensAt}` : 'Sales are over';
    case 'LoneSeatLeft': {
      const alone = refusal.seats.map((seat) => seat.label).join('; ');
      return `Nobody would take what you leave alone: ${alone}; take it too, or others`;
    }
    case 'TicketTypeUnavailable':
      return 'That ticket is no longer offered; choose another one';
    case 'PriceChanged': {
      const { expected, actual } = refusal;
      return `It costs ${moneyWords(actual)} by now, not ${moneyWords(expected)}; ask again`;
    }
    case 'AlreadyConfirmed':
      // Somebody has paid twice. The order keeps its payment; the shop pays this one back.
      return `Bought already, as order ${refusal.order.code}; your second payment is returned`;
    case 'IdempotencyKeyReused':
      // Never the buyer's doing: one button press has had two baskets.
      throw new Error(refusal.message);
    default:
      return unknown(refusal, 'Refused, for a reason that this shop is too old to know');
  }
}

// What this file needs to know of a seat that is in the way. Nobody else sees it: fragments are
// masked, so `shop.ts` asks for the parts without having to know them.
const RefusedSeatParts = graphql(`
  fragment RefusedSeatParts on RefusedSeat {
    reason
    seatId
    seat { label }
  }
`);

function seatWords(masked: FragmentType<typeof RefusedSeatParts>): string {
  const { reason, seatId, seat } = unmask(RefusedSeatParts, masked);
  return `${seat?.label ?? seatId} ${reasonWords(reason)}`;
}

function reasonWords(reason: RefusalReason): string {
  switch (reason) {
    case 'RESERVED_BY_ANOTHER':
    case 'HELD_BY_ANOTHER':
      return 'is held by somebody else, and may become free again';
    case 'CONFIRMED':
    case 'CONFIRMED_TO_ANOTHER':
      return 'is sold';
    case 'ALREADY_CONFIRMED':
      return 'is yours already';
    case 'HOLD_EXPIRED':
      return 'was held for you, but the time ran out';
    case 'NEVER_HELD':
      return 'was never held for you';
    case 'NOT_FOR_SALE':
      return 'is not for sale';
    case 'NOT_FOUND':
      return 'is no seat of this event';
    default:
      return unknown(reason, 'is not to be had');
  }
}

/**
 * What the compiler takes to be impossible. The server may still send it: members and values may be
 * added at any time, and what runs here was compiled before. So it is no reason to fall over.
 */
export function unknown(_: never, words: string): string {
  return words;
}

interface Money {
  readonly amountMinor: number;
  readonly currency: string;
  readonly fractionDigits: number;
}

/** Where the point stands is the server's word: locale data of browsers knows other digits. */
export function moneyWords({ amountMinor, currency, fractionDigits }: Money): string {
  const digits = String(amountMinor).padStart(fractionDigits + 1, '0');
  const point = digits.length - fractionDigits;
  const fraction = fractionDigits === 0 ? '' : `.${digits.slice(point)}`;
  return `${currency} ${digits.slice(0, point)}${fraction}`;
}
