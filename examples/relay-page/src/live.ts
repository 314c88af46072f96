// The fold, for every component that shows what a seat is now.

import { createContext, useContext, useSyncExternalStore } from 'react';
import type { SeatStatus } from './__generated__/SeatStream_frame.graphql';
import { Fold } from './fold';

export const FoldContext = createContext(new Fold());

/** What the seat is now. Only who asks for it is drawn anew when it changes. */
export function useSeatStatus(seatId: string): SeatStatus | undefined {
  const fold = useContext(FoldContext);
  return useSyncExternalStore(fold.subscribe, () => fold.statusOf(seatId));
}
