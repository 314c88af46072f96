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
import { fetchPlan } from './plan';

const subscription = graphql`
  subscription SeatStreamSubscription($event: ID!) { ...SeatStream_frame }
`;

const frame = graphql`
  fragment SeatStream_frame on Subscription @inline {
    seatStatuses(eventId: $event) { planVersion places statuses }
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

/**
 * Subscribes, and does so again when the connection is lost: the first frame is whole, so nothing
 * is missed. The plan is fetched once, and anew when frames are of another one.
 */
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
  let isPlanKnown = false;

  const again = (fault?: Error) => {
    if (isOver) return;
    if (fault && !(fault instanceof Fault && fault.mayPass)) return onFault(fault);
    // A server that goes away is lost by everybody at once; they should not all be back at once.
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++);
    timer = setTimeout(() => void start(), wait * (0.5 + Math.random() / 2));
  };
  const subscribe = () => {
    current = requestSubscription<SeatStreamSubscription>(environment, {
      subscription,
      variables: { event },
      onNext: (masked) => {
        failures = 0;
        const { seatStatuses } = readInlineData<SeatStream_frame$key>(frame, masked!);
        if (!seatStatuses || fold.take(seatStatuses)) return;
        current?.dispose();
        isPlanKnown = false;
        again();
      },
      onError: again,
      onCompleted: again,
    });
  };
  const start = async () => {
    try {
      if (!isPlanKnown) fold.begin(await fetchPlan(event));
      isPlanKnown = true;
      if (!isOver) subscribe();
    } catch (error) {
      again(error as Error);
    }
  };
  void start();
  return {
    dispose: () => {
      isOver = true;
      clearTimeout(timer);
      current?.dispose();
    },
  };
}
