// The page: which events there are, and the seats of one. Its query knows none of their parts; each
// component asks for its own.

import { useState } from 'react';
import { graphql, useLazyLoadQuery } from 'react-relay';
import type { EventPageQuery } from './__generated__/EventPageQuery.graphql';
import { EventLine } from './EventLine';
import { SeatList } from './SeatList';
import { useSeatStream } from './SeatStream';
import type { Fold } from './fold';
import { FoldContext } from './live';

export function EventPage({ event, fold }: { readonly event: string; readonly fold: Fold }) {
  const data = useLazyLoadQuery<EventPageQuery>(
    graphql`
      query EventPageQuery($event: ID!) {
        events(first: 20) {
          edges {
            node { id ...EventLine_event }
          }
        }
        event(id: $event) { id ...SeatList_event }
      }
    `,
    { event },
  );
  const [fault, setFault] = useState<Error | null>(null);
  useSeatStream(event, fold, setFault);

  if (!data.event) return <p role="alert">There is no such event.</p>;
  return (
    <FoldContext value={fold}>
      <ul aria-label="Events">
        {data.events?.edges.map(({ node }) => (
          <EventLine key={node.id} event={node} />
        ))}
      </ul>
      <SeatList event={data.event} />
      {fault && <p role="alert">{fault.message}</p>}
    </FoldContext>
  );
}
