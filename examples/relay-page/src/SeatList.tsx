// The free seats of an event, page by page, and a button that holds those that were chosen.

import { useState } from 'react';
import { graphql, useMutation, usePaginationFragment } from 'react-relay';
import type { SeatListHoldMutation } from './__generated__/SeatListHoldMutation.graphql';
import type { SeatListPaginationQuery } from './__generated__/SeatListPaginationQuery.graphql';
import type { SeatList_event$key } from './__generated__/SeatList_event.graphql';
import { Basket } from './Basket';
import { SeatLine } from './SeatLine';
import { holdRefusal } from './refusals';

const PAGE = 5;

// From this Relay makes the query that fetches the next page: through `node(id:)`.
const SEATS = graphql`
  fragment SeatList_event on Event
  @refetchable(queryName: "SeatListPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" }) {
    id
    seats(filter: { status: AVAILABLE }, first: $count, after: $cursor)
      @connection(key: "SeatList_seats") {
      edges {
        node { id ...SeatLine_seat }
      }
    }
  }
`;

export const HOLD = graphql`
  mutation SeatListHoldMutation($input: ReserveSeatsInput!) {
    reserveSeats(input: $input) {
      ...refusals_hold
      ... on ReserveSeatsSuccess {
        seats { id ...Basket_seats }
      }
    }
  }
`;

type Result = NonNullable<SeatListHoldMutation['response']['reserveSeats']>;
type HeldSeats = NonNullable<Result['seats']>;

export function SeatList({ event }: { readonly event: SeatList_event$key }) {
  const { data, loadNext, hasNext } = usePaginationFragment<
    SeatListPaginationQuery,
    SeatList_event$key
  >(SEATS, event);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [held, setHeld] = useState<HeldSeats>([]);
  const [alert, setAlert] = useState<string | null>(null);
  const [commit, isHolding] = useMutation<SeatListHoldMutation>(HOLD);

  const choose = (id: string) =>
    setChosen((before) => {
      const chosen = new Set(before);
      if (!chosen.delete(id)) chosen.add(id);
      return chosen;
    });
  const hold = () =>
    commit({
      variables: { input: { eventId: data.id, seatIds: [...chosen] } },
      onCompleted: ({ reserveSeats }) => {
        if (!reserveSeats) return;
        setAlert(holdRefusal(reserveSeats));
        const { seats } = reserveSeats;
        if (!seats) return;
        setHeld((held) => [...held.filter(({ id }) => !chosen.has(id)), ...seats]);
        setChosen(new Set());
      },
      onError: ({ message }) => setAlert(message),
    });

  return (
    <>
      <ul aria-label="Seats">
        {data.seats?.edges.map(({ node }) => (
          <SeatLine
            key={node.id}
            seat={node}
            isChosen={chosen.has(node.id)}
            onChoose={() => choose(node.id)}
          />
        ))}
      </ul>
      {hasNext && <button onClick={() => loadNext(PAGE)}>More seats</button>}
      {chosen.size > 0 && (
        <button disabled={isHolding} onClick={hold}>
          Hold
        </button>
      )}
      {alert !== null && <p role="alert">{alert}</p>}
      <Basket
        eventId={data.id}
        seats={held}
        onEnd={(ids) => setHeld((held) => held.filter(({ id }) => !ids.includes(id)))}
        onAlert={setAlert}
      />
    </>
  );
}
