// Why a seat cannot be had, in words for a person.

import type { RefusalReason } from './generated/operations';

/** @param name what the seat is called within a sentence */
export function whyNot(name: string, reason: RefusalReason): string {
  switch (reason) {
    case 'RESERVED_BY_ANOTHER':
      return `Someone was faster: ${name}. It is held, and may become free again.`;
    case 'CONFIRMED':
      return `Someone was faster: ${name} is sold.`;
    case 'NOT_FOR_SALE':
      return `${capital(name)} is not offered.`;
    case 'HOLD_EXPIRED':
      return `The time for ${name} has run out.`;
    case 'HELD_BY_ANOTHER':
      return `${capital(name)} is held by someone else now.`;
    case 'CONFIRMED_TO_ANOTHER':
      return `${capital(name)} is sold to someone else now.`;
    case 'NEVER_HELD':
      // Given back already, perhaps by an answer that was lost.
      return `${capital(name)} is not held for you any more.`;
    case 'ALREADY_CONFIRMED':
      return `${capital(name)} is yours already, in another order.`;
    case 'NOT_FOUND':
      return 'The event has no such seat. Please reload the page.';
    default:
      // Of a server that is newer than this page.
      return `${capital(name)} cannot be had right now.`;
  }
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
