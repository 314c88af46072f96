// A seat in the list. What it is called comes from Relay's store, what it is now from the stream.

import { graphql, useFragment } from 'react-relay';
import type { SeatLine_seat$key } from './__generated__/SeatLine_seat.graphql';
import type { Letter } from './fold';
import { useSeatLetter } from './live';
import { moneyWords } from './money';

const WORDS: Record<Letter, string> = { A: 'free', R: 'held', C: 'sold', N: 'not for sale' };

interface Props {
  readonly seat: SeatLine_seat$key;
  readonly isChosen: boolean;
  onChoose(): void;
}

export function SeatLine({ seat, isChosen, onChoose }: Props) {
  const { id, label, category } = useFragment(
    graphql`
      fragment SeatLine_seat on Seat {
        id
        label
        category {
          name
          price { ...money_amount }
        }
      }
    `,
    seat,
  );
  const letter = useSeatLetter(id);
  return (
    <li>
      <button aria-pressed={isChosen} value={id} onClick={onChoose}>
        {label}
      </button>
      {` ${category.name}, ${moneyWords(category.price)}: ${(letter && WORDS[letter]) ?? '…'}`}
    </li>
  );
}
