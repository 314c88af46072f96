// Pages that sleep, and people who come back to them.

/** A page whose clock stood still for this long has slept. */
const SLEPT_MS = 60_000;

/**
 * Tells when the page wakes up from a long sleep, and when a person comes back to it.
 * The first comes before the second, where both happen.
 */
export function onReturn(wokeUp: () => void, cameBack: () => void, signal: AbortSignal): void {
  let seenAt = Date.now();
  const look = () => {
    const slept = Date.now() - seenAt > SLEPT_MS;
    seenAt = Date.now();
    if (slept) wokeUp();
  };
  // Timers of hidden pages run once a minute at worst; one that is much later was asleep.
  const timer = setInterval(look, SLEPT_MS / 6);
  signal.addEventListener('abort', () => clearInterval(timer));
  const comeBack = () => {
    if (document.hidden) return;
    look();
    cameBack();
  };
  document.addEventListener('visibilitychange', comeBack, { signal });
  addEventListener('pageshow', comeBack, { signal });
}
