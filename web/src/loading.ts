// Loads what the page of an event begins with, in the order in which it can be shown.

import { answer, Fault, type GraphQLFault, sleep, unreachable } from './api';
import { ServerClock } from './clock';
import { type Easel, EaselLost } from './easel';
import { easel, easelHere } from './easels';
import {
  type CurrentStatusesQuery,
  type EventBySlugQuery,
  type EventDetailsFragment,
  PlanNamesDocument,
} from './generated/operations';
import { get, type Opening } from './opening';
import { type Category, type Drawing, type Names, Plan } from './plan';
import type { Frame } from './state';
import type { Answer } from './survey';

/** So often names are asked for before the page begins anew: some fifteen seconds. */
const NAME_ATTEMPTS = 6;

/** What the browser or a proxy has kept of the plan is not what the event has now. */
export class Outdated extends Error {}

/** All that the first picture takes. */
export interface Loaded {
  readonly event: EventDetailsFragment;
  readonly plan: Plan;
  readonly drawing: Drawing;
  readonly easel: Easel;
  /** The seats as they were a moment ago. */
  readonly frame: Frame;
  readonly clock: ServerClock;
  /** Comes later: what the seats are called. */
  readonly names: Promise<Names>;
}

/**
 * @param onLost called where the easel breaks while it paints
 * @returns null if there is no such event
 */
export async function load(
  opening: Opening,
  isFresh: boolean,
  onLost: () => void,
): Promise<Loaded | null> {
  const first = await easel(onLost);
  try {
    return await loadOn(first, opening, isFresh);
  } catch (error) {
    first.close();
    throw error;
  }
}

async function loadOn(first: Easel, opening: Opening, isFresh: boolean): Promise<Loaded | null> {
  const clock = new ServerClock();
  const text = body(opening.drawing);
  const slug = (await opening.slug) ?? '';
  const names = text.then(() => askForNames(slug, isFresh));
  names.catch(() => {});
  const { event } = await answer<EventBySlugQuery>(opening.event);
  const frame = event && (await currentFrame(opening, clock));
  const read = frame && (await readPlan(first, await text, names));
  if (!event || !frame || !read) {
    first.close();
    return null;
  }
  const { drawing, easel: used } = read;
  if (drawing.version !== frame.planVersion) throw new Outdated();
  const plan = new Plan(drawing, categoriesOf(event, drawing));
  const named = nameSeats(used, drawing, names, () => askForNames(slug, isFresh));
  named.catch(() => {});
  return { event, plan, drawing, easel: used, frame, clock, names: named };
}

/** Reads it in the page where the thread of its own fails. */
async function readPlan(
  first: Easel,
  text: ArrayBuffer,
  names: Promise<ArrayBuffer>,
): Promise<{ drawing: Drawing; easel: Easel } | null> {
  const read = async (used: Easel) => {
    let drawing = part(await used.readDrawing(text));
    if (drawing && !drawing.isPlaced) {
      // Where they are takes what they are called.
      part(await used.readNames(await names));
      drawing = part(await used.readDrawing(text));
    }
    return drawing && { drawing, easel: used };
  };
  try {
    return await read(first);
  } catch (error) {
    if (!(error instanceof EaselLost)) throw error;
    first.close();
    return read(await easelHere());
  }
}

async function currentFrame(opening: Opening, clock: ServerClock): Promise<Frame | null> {
  const response = opening.statuses.then((response) => {
    observe(response, clock);
    return response;
  });
  return (await answer<CurrentStatusesQuery>(response)).seatStatuses;
}

/** Takes note of the server's clock, which each answer tells. */
export function observe(response: Response, clock: ServerClock): void {
  const date = response.headers.get('date');
  if (date && !Number.isNaN(Date.parse(date))) clock.observe(date);
}

function askForNames(eventId: string, isFresh: boolean): Promise<ArrayBuffer> {
  return body(get(PlanNamesDocument, { eventId }, isFresh ? 'no-cache' : 'default'));
}

/** The map is there already, and is not taken away because one answer is lost. */
async function nameSeats(
  used: Easel,
  drawing: Drawing,
  first: Promise<ArrayBuffer>,
  again: () => Promise<ArrayBuffer>,
): Promise<Names> {
  for (let [attempt, text] = [1, first]; ; attempt++) {
    try {
      const read = part(await used.readNames(await text));
      if (read?.version !== drawing.version) throw new Outdated();
      return read;
    } catch (error) {
      if (!(error instanceof Fault) || attempt === NAME_ATTEMPTS) throw error;
      await sleep((error.retryAfterMs ?? 0) + 500 * 2 ** attempt * Math.random());
      text = again();
    }
  }
}

async function body(asked: Promise<Response>): Promise<ArrayBuffer> {
  try {
    return await (await asked).arrayBuffer();
  } catch {
    throw unreachable();
  }
}

/** What was read, null if there is no such event; throws the fault that it says instead. */
function part<Part>(read: Answer<Part>): Part | null {
  if ('part' in read) return read.part;
  if ('missing' in read) return null;
  throw read.errors.length > 0 ? Fault.of(read.errors as GraphQLFault[]) : unreachable();
}

/** By the plan's index; those that no seat has come last. */
function categoriesOf(event: EventDetailsFragment, { categoryIds }: Drawing): Category[] {
  const known = new Map(event.categories.map((category) => [category.id, category]));
  const ofSeats = categoryIds.map((id) => {
    const category = known.get(id);
    if (!category) throw new Outdated();
    return category;
  });
  return [...ofSeats, ...event.categories.filter(({ id }) => !categoryIds.includes(id))];
}
