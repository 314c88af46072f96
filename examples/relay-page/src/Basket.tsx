// The seats that are held, and what can be done with them: give one back, or buy them all.

import { useRef, useState } from 'react';
import { graphql, useFragment, useMutation } from 'react-relay';
import type { BasketBuyMutation } from './__generated__/BasketBuyMutation.graphql';
import type { BasketGiveBackMutation } from './__generated__/BasketGiveBackMutation.graphql';
import type { Basket_seats$key } from './__generated__/Basket_seats.graphql';
import type { Receipt_order$key } from './__generated__/Receipt_order.graphql';
import { Receipt } from './Receipt';
import { amountWords, total } from './money';
import { buyRefusal, giveBackRefusal } from './refusals';

const GIVE_BACK = graphql`
  mutation BasketGiveBackMutation($input: ReleaseSeatsInput!) {
    releaseSeats(input: $input) { ...refusals_giveBack }
  }
`;

const BUY = graphql`
  mutation BasketBuyMutation($input: ConfirmSeatsInput!) {
    confirmSeats(input: $input) {
      ...refusals_buy
      ... on ConfirmSeatsSuccess {
        order { ...Receipt_order }
      }
    }
  }
`;

interface Props {
  readonly eventId: string;
  readonly seats: Basket_seats$key;
  /** What has become of the held seats, where it is known. */
  onEnd(seatIds: readonly string[]): void;
  onAlert(words: string | null): void;
}

export function Basket({ eventId, seats: masked, onEnd, onAlert }: Props) {
  const seats = useFragment(
    graphql`
      fragment Basket_seats on Seat @relay(plural: true) {
        id
        label
        category {
          price { ...money_amount }
        }
      }
    `,
    masked,
  );
  const [order, setOrder] = useState<Receipt_order$key | null>(null);
  const [commitGiveBack] = useMutation<BasketGiveBackMutation>(GIVE_BACK);
  const [commitBuy, isBuying] = useMutation<BasketBuyMutation>(BUY);

  const keyFor = useKey();
  const onError = ({ message }: Error) => onAlert(message);
  const giveBack = (id: string) =>
    commitGiveBack({
      variables: { input: { eventId, seatIds: [id] } },
      onCompleted: ({ releaseSeats }) => {
        const refusal = releaseSeats && giveBackRefusal(releaseSeats);
        onAlert(refusal ?? null);
        if (refusal === null) onEnd([id]);
      },
      onError,
    });
  const buy = (seatIds: readonly string[], { amountMinor, currency }: ReturnType<typeof total>) =>
    commitBuy({
      variables: {
        input: {
          eventId,
          seatIds,
          idempotencyKey: keyFor(seatIds),
          // Another price is refused, so nobody pays what they have not seen.
          expectedTotal: { amountMinor, currency },
        },
      },
      onCompleted: ({ confirmSeats }) => {
        onAlert((confirmSeats && buyRefusal(confirmSeats)) ?? null);
        if (!confirmSeats?.order) return;
        setOrder(confirmSeats.order);
        onEnd(seatIds);
      },
      onError,
    });

  if (seats.length === 0) return order && <Receipt order={order} />;
  const price = total(seats.map(({ category }) => category.price));
  const ids = seats.map(({ id }) => id);
  return (
    <section aria-label="Basket">
      {seats.map(({ id, label }) => (
        <button key={id} onClick={() => giveBack(id)}>{`Give back ${label}`}</button>
      ))}
      <button disabled={isBuying} onClick={() => buy(ids, price)}>
        {`Buy for ${amountWords(price)}`}
      </button>
    </section>
  );
}

/** Names a purchase by its seats. Pressed twice, or again after a lost answer, it is one. */
function useKey(): (seatIds: readonly string[]) => string {
  // A shop keeps this where a reload finds it, for example in `sessionStorage`.
  const purchase = useRef({ seats: '', key: '' });
  return (seatIds) => {
    const seats = [...seatIds].sort().join();
    if (purchase.current.seats !== seats) purchase.current = { seats, key: crypto.randomUUID() };
    return purchase.current.key;
  };
}
