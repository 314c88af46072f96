// The fold, for every component that shows what a seat is now.

import { createContext, useContext, useSyncExternalStore } from 'react';
import { Fold, type Letter } from './fold';

export const FoldContext = createContext(new Fold());

/** What the seat is now. Only who asks for it is drawn anew when it changes. */
export function useSeatLetter(seatId: string): Letter | undefined {
  const fold = useContext(FoldContext);
  return useSyncExternalStore(fold.subscribe, () => fold.letterOf(seatId));
}
