// An event in the list.

import { graphql, useFragment } from 'react-relay';
import type { EventLine_event$key } from './__generated__/EventLine_event.graphql';

export function EventLine({ event }: { readonly event: EventLine_event$key }) {
  const { name, venue, startsAt, availability } = useFragment(
    graphql`
      fragment EventLine_event on Event {
        name
        venue
        startsAt
        availability { available }
      }
    `,
    event,
  );
  return <li>{`${name}, ${venue}, ${startsAt}: ${availability.available} free`}</li>;
}
