// The page: which event, which theme, and the frame that everything else hangs in.

import { html, render } from 'lit-html';
import { ask, Fault, given, sleep, unreachable } from './api';
import { EventPage, type PageParts } from './event-page';
import { EventsDocument, type EventsQuery } from './generated/operations';
import { load, Outdated } from './loading';
import { begin, type Opening } from './opening';
import { Theme } from './theme';
import { faultWords, start, timeOfDay } from './words';

type EventSummary = NonNullable<EventsQuery['events']>['nodes'][number];

const LIST_KEY = 'grand-arena.list';

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const page = document.querySelector<HTMLElement>('#page')!;
let current: EventPage | null = null;
let opening = 0;
let isListOpen = stored(LIST_KEY) === 'open';

const theme = new Theme(() => {
  current?.setColors();
  const button = page.querySelector('#theme');
  button?.setAttribute('aria-label', themeLabel());
});

function themeLabel(): string {
  return document.documentElement.dataset['theme'] === 'dark'
    ? 'Switch to the light theme'
    : 'Switch to the dark theme';
}

render(
  html`
    <header class="bar">
      <a class="brand" href="./" aria-label="Grand Arena">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M4 9a12 12 0 0 0 24 0" class="outer" />
          <path d="M10 9a6 6 0 0 0 12 0" class="inner" />
          <path d="M12 5h8" class="stage" />
        </svg>
        <span>Grand Arena</span>
      </a>
      <div class="pick"><select id="events" aria-label="Event"></select></div>
      <p id="live" class="live" role="status" data-state="connecting">Connecting…</p>
      <button
        type="button"
        id="list-toggle"
        class="tool"
        aria-expanded="false"
        aria-controls="list"
      >
        List
      </button>
      <button
        type="button"
        id="theme"
        class="tool"
        aria-label=${themeLabel()}
        @click=${() => theme.toggle()}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M8 1a7 7 0 1 0 0 14zM8 1a7 7 0 0 1 0 14" />
        </svg>
      </button>
    </header>
    <main>
      <section id="list" class="list" aria-labelledby="list-title" hidden></section>
      <section class="stage-area" aria-label="Map">
        <div
          id="map"
          class="map"
          tabindex="0"
          role="application"
          aria-roledescription="seat map"
          aria-label="Seat map"
          aria-describedby="map-help"
        ></div>
        <p id="map-help" class="visually-hidden">
          Arrow keys move between sections, Enter goes in; then arrow keys move between seats, and
          Enter holds a seat or gives it back. Escape goes back to all sections, plus and minus
          zoom. The button named List shows the same seats as a list.
        </p>
        <div id="tooltip" class="tooltip" hidden></div>
        <div id="note" class="note" hidden></div>
        <div class="zoom" role="group" aria-label="Zoom">
          <button type="button" aria-label="Zoom in" @click=${() => current?.zoom(1.8)}>+</button>
          <button type="button" aria-label="Zoom out" @click=${() => current?.zoom(1 / 1.8)}>
            −
          </button>
          <button type="button" aria-label="Show all seats" @click=${() => current?.showAll()}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />
            </svg>
          </button>
        </div>
        <p id="notice" class="empty" hidden></p>
      </section>
      <aside id="panel" class="panel" aria-label="Event, prices and your seats"></aside>
    </main>
    <dialog id="order" class="order" aria-labelledby="order-title"></dialog>
    <div id="polite" class="visually-hidden" role="status"></div>
    <div id="urgent" class="visually-hidden" role="alert"></div>
  `,
  page,
);

const part = <T extends HTMLElement>(id: string): T => page.querySelector<T>(`#${id}`)!;
const events = part<HTMLSelectElement>('events');
const notice = part('notice');
const listToggle = part<HTMLButtonElement>('list-toggle');

const parts: PageParts = {
  map: part('map'),
  tooltip: part('tooltip'),
  note: part('note'),
  list: part('list'),
  panel: part('panel'),
  dialog: part<HTMLDialogElement>('order'),
  announce: (text, isUrgent = false) => {
    const region = part(isUrgent ? 'urgent' : 'polite');
    // The same words again are news as well: a region that does not change is not read.
    region.textContent = region.textContent === text ? `${text}\u00a0` : text;
  },
  showLive: (state, asOf) => {
    const live = part('live');
    live.dataset['state'] = state;
    live.textContent = {
      connecting: 'Connecting…',
      live: 'Live',
      reconnecting: `Reconnecting… As of ${timeOfDay(asOf)}`,
      gone: 'This event has ended',
    }[state];
  },
  setListOpen,
  reload: (reason) => {
    const isFresh = reason instanceof Outdated;
    if (!isFresh) console.warn(reason);
    void open(isFresh);
  },
  isCalm: () => calm.matches,
  theme,
};

listToggle.addEventListener('click', () => setListOpen(!isListOpen));
// A click beside the dialog closes it, as Escape does.
parts.dialog.addEventListener(
  'click',
  ({ target }) => target === parts.dialog && parts.dialog.close(),
);
// The button that was pressed is gone by then.
parts.dialog.addEventListener('close', () => part('map').focus());
events.addEventListener('change', () => {
  history.pushState(null, '', `?event=${encodeURIComponent(events.value)}`);
  void open();
});
addEventListener('popstate', () => void open());
void open();

function setListOpen(isOpen: boolean): void {
  isListOpen = isOpen;
  try {
    localStorage.setItem(LIST_KEY, isOpen ? 'open' : 'closed');
  } catch {
    // Remembered for as long as the page is open.
  }
  showList();
  if (!isOpen) listToggle.focus();
}

function showList(): void {
  part('list').hidden = !isListOpen;
  listToggle.setAttribute('aria-expanded', String(isListOpen));
  current?.setListOpen(isListOpen);
}

/**
 * Opens the event that the address names, or else the one that starts next.
 *
 * @param isFresh whether what the browser has kept of the plan may be out of date
 */
async function open(isFresh = false): Promise<void> {
  const mine = ++opening;
  const isLeft = () => mine !== opening;
  current?.close();
  current = null;
  tell('Loading the seats…');
  for (let failures = 0; !isLeft(); failures++) {
    try {
      const begun = globalThis.arenaOpening ?? begin(wanted(), isFresh);
      globalThis.arenaOpening = undefined;
      return await show(begun, isFresh, isLeft);
    } catch (error) {
      if (isLeft()) return;
      if (error instanceof Outdated) isFresh = true;
      console.warn(error);
      tell(`${faultWords(error)} Trying again…`);
      const wait = error instanceof Fault ? (error.retryAfterMs ?? 0) : 0;
      await sleep(wait + Math.min(1000 * 2 ** failures, 15_000) * (0.5 + Math.random() / 2));
    }
  }
}

const wanted = () => new URLSearchParams(location.search).get('event');

async function show(opening: Opening, isFresh: boolean, isLeft: () => boolean): Promise<void> {
  const slug = await opening.slug.catch(() => {
    throw unreachable();
  });
  if (isLeft()) return;
  if (slug === undefined) {
    return tell(
      'There are no events yet. ' +
        'Start the server with --demo, or bring one in with “grand-arena import”.',
    );
  }
  const loaded = await load(opening, isFresh, () => void current?.paintHere());
  if (isLeft()) return loaded?.easel.close();
  // Who chooses another event can wait for the names of all.
  fillEvents(slug, loaded?.event);
  if (!loaded) return tell(`There is no event “${slug}”. Choose one above.`);
  document.title = `${loaded.event.name} · Grand Arena`;
  current = new EventPage(loaded, parts);
  tell(null);
  if (isListOpen) showList();
}

/** All events by their start, or a thousand of them: more than anybody would choose from. */
async function allEvents(): Promise<EventSummary[]> {
  const all: EventSummary[] = [];
  let after: string | null = null;
  do {
    const asked: EventsQuery = await ask(EventsDocument, { after });
    const { nodes, pageInfo } = given(asked.events);
    all.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null && all.length < 1000);
  return all;
}

/** Lists all events at the top: first the one that is shown, which there may be too many for. */
function fillEvents(slug: string, shown: EventSummary | undefined): void {
  if (events.value !== slug) fill(shown ? [shown] : [], slug);
  allEvents().then(
    (all) => {
      const isListed = all.some((each) => each.slug === slug);
      fill(isListed || !shown ? all : [shown, ...all], slug);
    },
    (error: unknown) => console.warn(error),
  );
}

function fill(all: readonly EventSummary[], slug: string): void {
  render(
    all.map((event) => html`<option value=${event.slug}>${event.name} · ${start(event)}</option>`),
    events,
  );
  events.value = slug;
}

/** Says in place of the map what there is to say. */
function tell(text: string | null): void {
  notice.hidden = text === null;
  notice.textContent = text;
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
