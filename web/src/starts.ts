// When an event starts, for a person who may be elsewhere.

export interface Start {
  readonly startsAt: string;
  /** A name of the IANA time zone database. */
  readonly timeZone: string;
}

const STYLE = { dateStyle: 'medium', timeStyle: 'short' } as const;

/**
 * The start by the clocks where the event is, as tickets have it. Where the reader's clocks say
 * something else, it says whose time that is.
 *
 * @param ownZone the reader's time zone, unless it is the browser's
 */
export function startWords(
  { startsAt, timeZone }: Start,
  locale: string,
  ownZone?: string,
): string {
  const instant = new Date(startsAt);
  const own = new Intl.DateTimeFormat(locale, { ...STYLE, timeZone: ownZone }).format(instant);
  let there;
  try {
    there = new Intl.DateTimeFormat(locale, { ...STYLE, timeZone }).format(instant);
  } catch {
    // A zone that is newer than the browser.
    return own;
  }
  return there === own ? there : `${there} (${zoneName(timeZone)} time)`;
}

/** `New York` for America/New_York: the place, which people know, and not the database's region. */
function zoneName(timeZone: string): string {
  return timeZone.slice(timeZone.lastIndexOf('/') + 1).replaceAll('_', ' ');
}
