// What a buyer is told when it did not work. Each union has a masked fragment here, and a switch
// over it. The compiler proves that no member of the fragment is left out.
//
// `%other` is Relay's type for members that the schema gains later: all that may remain. At run
// time such a member has a name of its own, so `default` takes it. Of reasons nothing may remain
// (`noFutureProofEnums`): a new one is an error when this is compiled next.

import { graphql, readInlineData } from 'relay-runtime';
import type { refusals_buy$key } from './__generated__/refusals_buy.graphql';
import type { refusals_giveBack$key } from './__generated__/refusals_giveBack.graphql';
import type { refusals_hold$key } from './__generated__/refusals_hold.graphql';
import type { RefusalReason, refusals_seat$key } from './__generated__/refusals_seat.graphql';
import { moneyWords } from './money';

const TOO_OLD = 'That was refused, for a reason that this page is too old to know.';

/** Why seats were not held; null if they are. */
export function holdRefusal(masked: refusals_hold$key): string | null {
  const result = readInlineData(
    graphql`
      fragment refusals_hold on ReserveSeatsResult @inline {
        __typename
        ... on ReserveSeatsSuccess { revision }
        ... on SeatsUnavailable {
          seats { ...refusals_seat }
        }
        ... on SeatLimitExceeded { limit held requested }
        ... on HoldsTooFrequent { retryAt }
        ... on SalesClosed { opensAt }
        ... on LoneSeatLeft {
          seats { label }
        }
      }
    `,
    masked,
  );
  switch (result.__typename) {
    case 'ReserveSeatsSuccess':
      return null;
    case 'SeatsUnavailable':
      return seatsWords(result.seats);
    case 'SeatLimitExceeded': {
      const { limit, held, requested } = result;
      return `At most ${limit} seats each: you have ${held} and want ${requested} more.`;
    }
    case 'HoldsTooFrequent':
      return `Others come first for a while. You may take seats again at ${result.retryAt}.`;
    case 'SalesClosed':
      return result.opensAt ? `Sales open at ${result.opensAt}.` : 'Sales are over.';
    case 'LoneSeatLeft': {
      const alone = result.seats.map((seat) => seat.label).join('; ');
      return `Nobody would take what you leave alone: ${alone}. Take it too, or others.`;
    }
    default:
      result.__typename satisfies '%other';
      return TOO_OLD;
  }
}

/** Why seats were not given back; null if they were. */
export function giveBackRefusal(masked: refusals_giveBack$key): string | null {
  const result = readInlineData(
    graphql`
      fragment refusals_giveBack on ReleaseSeatsResult @inline {
        __typename
        ... on ReleaseSeatsSuccess { revision }
        ... on SeatsNotHeld {
          seats { ...refusals_seat }
        }
      }
    `,
    masked,
  );
  switch (result.__typename) {
    case 'ReleaseSeatsSuccess':
      return null;
    case 'SeatsNotHeld':
      return seatsWords(result.seats);
    default:
      result.__typename satisfies '%other';
      return TOO_OLD;
  }
}

/** Why seats were not sold; null if they were. */
export function buyRefusal(masked: refusals_buy$key): string | null {
  const result = readInlineData(
    graphql`
      fragment refusals_buy on ConfirmSeatsResult @inline {
        __typename
        ... on ConfirmSeatsSuccess { revision }
        ... on SeatsNotHeld {
          seats { ...refusals_seat }
        }
        ... on PriceChanged {
          actual { ...money_amount }
        }
        ... on AlreadyConfirmed {
          order { code }
        }
        ... on IdempotencyKeyReused { message }
        ... on TicketTypeUnavailable { message }
      }
    `,
    masked,
  );
  switch (result.__typename) {
    case 'ConfirmSeatsSuccess':
      return null;
    case 'SeatsNotHeld':
      return seatsWords(result.seats);
    case 'PriceChanged':
      return `It costs ${moneyWords(result.actual)} by now. Do you still want it?`;
    case 'AlreadyConfirmed':
      // Somebody has paid twice. The order keeps its payment; the shop pays this one back.
      return `You have these already, as order ${result.order.code}; nothing is paid twice.`;
    case 'TicketTypeUnavailable':
      return result.message;
    case 'IdempotencyKeyReused':
      // Never the buyer's doing: one key has been given to two baskets.
      return result.message;
    default:
      result.__typename satisfies '%other';
      return TOO_OLD;
  }
}

function seatsWords(seats: readonly refusals_seat$key[]): string {
  return seats.map(seatWords).join(' ');
}

function seatWords(masked: refusals_seat$key): string {
  const { seatId, seat, reason } = readInlineData(
    graphql`
      fragment refusals_seat on RefusedSeat @inline {
        seatId
        reason
        seat { label }
      }
    `,
    masked,
  );
  return `${seat?.label ?? seatId} ${reasonWords(reason)}.`;
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
      // An older page may still meet a value that was added since.
      reason satisfies never;
      return 'is not to be had';
  }
}
