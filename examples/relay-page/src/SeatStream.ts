// The subscription, in Relay's form: the operation spreads a fragment, which alone knows its parts.

import { useEffect } from 'react';
import { useRelayEnvironment } from 'react-relay';
import {
  type Disposable,
  type Environment,
  graphql,
  readInlineData,
  requestSubscription,
} from 'relay-runtime';
import type { SeatStreamSubscription } from './__generated__/SeatStreamSubscription.graphql';
import type { SeatStream_frame$key } from './__generated__/SeatStream_frame.graphql';
import { Fault } from './environment';
import type { Fold } from './fold';

const subscription = graphql`
  subscription SeatStreamSubscription($event: ID!, $since: Revision) { ...SeatStream_frame }
`;

const frame = graphql`
  fragment SeatStream_frame on Subscription @inline {
    seatChanges(eventId: $event, since: $since) {
      __typename
      ... on SeatSnapshot {
        revision
        seats { seatId status }
      }
      ... on SeatChanges {
        fromRevision
        toRevision
        changes { seatId status }
      }
    }
  }
`;

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/** Folds the event's seats for as long as the page is open. */
export function useSeatStream(event: string, fold: Fold, onFault: (fault: Error) => void): void {
  const environment = useRelayEnvironment();
  useEffect(() => {
    const { dispose } = follow(environment, event, fold, onFault);
    return dispose;
  }, [environment, event, fold, onFault]);
}

/** Subscribes, and does so again when the connection is lost: with the revision it has by then. */
function follow(
  environment: Environment,
  event: string,
  fold: Fold,
  onFault: (fault: Error) => void,
): Disposable {
  let current: Disposable | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let isOver = false;

  const again = (fault?: Error) => {
    if (isOver) return;
    if (fault && !(fault instanceof Fault && fault.mayPass)) return onFault(fault);
    // A server that goes away is lost by everybody at once; they should not all be back at once.
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    timer = setTimeout(start, wait * (0.5 + Math.random() / 2));
  };
  const start = () => {
    current = requestSubscription<SeatStreamSubscription>(environment, {
      subscription,
      // Null at first, which asks for a snapshot. Nothing is missed, and nothing comes twice.
      variables: { event, since: fold.revision },
      onNext: (masked) => {
        failures = 0;
        fold.take(readInlineData<SeatStream_frame$key>(frame, masked!).seatChanges);
      },
      onError: again,
      onCompleted: again,
    });
  };
  start();
  return {
    dispose: () => {
      isOver = true;
      clearTimeout(timer);
      current?.dispose();
    },
  };
}
