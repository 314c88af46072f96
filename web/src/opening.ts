// What the page of an event begins with, asked for at once and side by side. The page's head does
// so before the scripts are there (start.ts), and hands over what it has begun.

import {
  CurrentStatusesDocument,
  EventBySlugDocument,
  EventsDocument,
  type EventsQuery,
  PlanDrawingDocument,
  type TypedDocumentString,
} from './generated/operations';

/** Answers on their way; `answer` in api.ts reads them. */
export interface Opening {
  /** The event that is opened; undefined where there is none. */
  readonly slug: Promise<string | undefined>;
  readonly event: Promise<Response>;
  readonly drawing: Promise<Response>;
  readonly statuses: Promise<Response>;
}

declare global {
  /** What the page's head has begun, until it is taken. */
  var arenaOpening: Opening | undefined;
}

/** How long a plan may take: megabytes, on a phone on a train. */
const PLAN_TIMEOUT_MS = 90_000;

/**
 * Asks in nobody's name, so that the answer can be everybody's.
 *
 * @param cache what the browser may answer by itself; see RequestInit
 */
export function get<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  cache: RequestCache = 'default',
): Promise<Response> {
  // What is only spaces in a document makes its address longer.
  const query = document.toString().replace(/\s+/g, ' ').trim();
  const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables) });
  const signal = AbortSignal.timeout(PLAN_TIMEOUT_MS);
  return quiet(fetch(`graphql?${parameters}`, { cache, signal }));
}

/** @param isFresh whether the plan that the browser has kept may be out of date */
export function begin(wanted: string | null, isFresh = false): Opening {
  const slug = wanted === null ? quiet(nextEvent()) : Promise.resolve(wanted);
  const of = (document: TypedDocumentString<unknown, { eventId: string }>, cache?: RequestCache) =>
    quiet(slug.then((eventId) => get(document, { eventId: eventId ?? '' }, cache)));
  const statuses = of(CurrentStatusesDocument);
  const event = quiet(slug.then((slug) => get(EventBySlugDocument, { slug: slug ?? '' })));
  return {
    slug,
    event,
    drawing: of(PlanDrawingDocument, isFresh ? 'no-cache' : 'default'),
    statuses,
  };
}

/** The event that starts next, or else the first that there is. */
async function nextEvent(): Promise<string | undefined> {
  const response = await get(EventsDocument, { after: null });
  const { data } = (await response.json()) as { data: EventsQuery };
  const all = data.events!.nodes;
  return (all.find(({ startsAt }) => Date.parse(startsAt) > Date.now()) ?? all[0])?.slug;
}

/** Whether it failed is asked later. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
