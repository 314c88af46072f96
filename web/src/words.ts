// What things are called, for a person: seats, money, time, and what went wrong.

import { type Amount, amountWords, total } from './amounts';
import { Fault } from './api';
import type { Category, Plan, SeatNumber } from './plan';
import { type Start, startWords } from './starts';
import { BUYING, CLOSED, FREE, GIVING_BACK, HELD, HOLDING, type SeatState } from './state';

/** Dates and amounts as the reader writes them; the words are English. */
const LOCALE = navigator.language || 'en';

const number = new Intl.NumberFormat('en');
export const count = (n: number): string => number.format(n);

export const seats = (n: number): string => `${count(n)} ${n === 1 ? 'seat' : 'seats'}`;

/** As the API's `Seat.label`: what a person reads, and a screen reader says. */
export function seatName(plan: Plan, seat: SeatNumber): string {
  const { section, row, number } = plan.seat(seat);
  return `Section ${section}, row ${row}, seat ${number}`;
}

/** Within a section that is known already. */
export function shortName(plan: Plan, seat: SeatNumber): string {
  const { row, number } = plan.seat(seat);
  return `row ${row}, seat ${number}`;
}

export function statusWords(state: SeatState, seat: SeatNumber): string {
  const pending = state.pending[seat];
  if (pending === HOLDING) return 'being held for you';
  if (pending === GIVING_BACK) return 'being given back';
  if (pending === BUYING) return 'being bought';
  const status = state.status[seat];
  if (status === CLOSED) return 'not offered';
  if (status === FREE) return 'free';
  if (status === HELD) return state.mine[seat] === 1 ? 'held for you' : 'held by someone else';
  return state.mine[seat] === 1 ? 'yours' : 'sold';
}

export const price = ({ price: amount }: Category): string => money(amount);
export const money = (amount: Amount): string => amountWords(amount, LOCALE);

export function sum(prices: readonly Amount[]): string {
  const all = total(prices);
  return all === null ? '' : money(all);
}

export const start = (event: Start): string => startWords(event, LOCALE);

const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'medium' });
export const dateAndTime = (instant: string | number): string => day.format(new Date(instant));
export const timeOfDay = (instant: number): string => clock.format(instant);

/** What is left, as `4:07`. Rounded up: at 0:00 it is over. */
export function countdown(ms: number): string {
  const seconds = Math.max(Math.ceil(ms / 1000), 0);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

/** What is left, as it is said. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  const minutes = Math.round(seconds / 60);
  return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}

/** Of one person, or of all who share an address: a page cannot know which. */
const TOO_MUCH = 'A lot was asked for from your network in a short time.';

/** What a fault means for somebody who wanted something. */
export function faultWords(fault: unknown): string {
  switch (fault instanceof Fault ? fault.code : 'INTERNAL') {
    case 'OVERLOADED':
      return 'Too many people want seats right now. Please try again in a moment.';
    case 'RATE_LIMITED':
      return `${TOO_MUCH} Please try again ${soon(fault as Fault)}.`;
    case 'UNAVAILABLE':
      return 'The box office cannot answer right now. Please try again in a moment.';
    case 'UNREACHABLE':
      return 'The server cannot be reached. Please look at your connection, and try again.';
    case 'UNAUTHENTICATED':
      return 'The server does not know you any more. Please reload the page.';
    case 'FORBIDDEN':
      return 'You cannot do this here: this server wants you to sign in first.';
    case 'NOT_FOUND':
      return 'This event is not there any more. Please choose another.';
    default:
      return 'Something went wrong on our side. Please try again; if it stays, reload the page.';
  }
}

/** Why it takes long, while it is tried again. */
export function waitWords(fault: Fault): string {
  switch (fault.code) {
    case 'RATE_LIMITED':
      return `${TOO_MUCH} Trying again ${soon(fault)}…`;
    case 'OVERLOADED':
      return 'Very busy right now. Trying again…';
    default:
      return 'No answer yet. Trying again…';
  }
}

/** When the server wants to be asked again. */
function soon({ retryAfterMs }: Fault): string {
  return retryAfterMs === undefined
    ? 'in a minute'
    : `in ${duration(Math.max(Math.ceil(retryAfterMs / 1000), 1))}`;
}
