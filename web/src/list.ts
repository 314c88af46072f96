// The same seats as a list: sections, then the rows of one. For those who do not use the map, and
// for those who would rather read. One section at a time is on the page, so that there are hundreds
// of buttons and never 20,000.

import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Note } from './booking';
import type { Plan, SeatNumber, Section } from './plan';
import { shape } from './shapes';
import { CLOSED, FREE, HELD, NOTHING, type SeatState } from './state';
import { count, money, statusWords } from './words';

/** Rows that are on the page at first; a button brings more of them. */
const ROWS = 60;

export interface ListModel {
  readonly plan: Plan;
  readonly state: SeatState;
  readonly section: Section | null;
  /** The one seat that the Tab key goes to; the arrows go on from there. */
  readonly tabStop: SeatNumber | null;
  readonly showsAllRows: boolean;
  /** What was refused just now: on a phone the list hides the map, and the explanation there. */
  readonly note: Note | null;
}

export interface ListActions {
  openSection(section: Section | null): void;
  choose(seat: SeatNumber): void;
  /** A seat of the list has the focus, or none. */
  focus(seat: SeatNumber | null): void;
  showAllRows(): void;
  close(): void;
}

export function list(model: ListModel, actions: ListActions): TemplateResult {
  const { section } = model;
  return html`
    <div class="list-head">
      ${
        section
          ? html`<button type="button" class="back" @click=${() => actions.openSection(null)}>
              ← All sections
            </button>`
          : html`<h2 id="list-title">Sections</h2>`
      }
      <button
        type="button"
        class="icon"
        aria-label="Close the list"
        @click=${() => actions.close()}
      >
        ×
      </button>
    </div>
    ${model.note ? html`<p class="list-note ${model.note.kind}">${model.note.text}</p>` : nothing}
    ${section ? seatsOf(section, model, actions) : sections(model, actions)}
  `;
}

function sections({ plan, state }: ListModel, { openSection }: ListActions): TemplateResult {
  return html`<ul class="sections">
    ${plan.sections.map((section) => {
      const category = plan.categories[section.category];
      const free = state.ofSection[section.index]![FREE];
      return html`<li>
        <button type="button" id=${`section-${section.index}`} @click=${() => openSection(section)}>
          <svg class="dot category-${section.category}" viewBox="0 0 16 16" aria-hidden="true">
            <circle cx="8" cy="8" r="7" />
          </svg>
          <b><span class="visually-hidden">Section </span>${section.name}</b>
          <span class="name soft">${category?.name}</span>
          <span class="left">${free === 0 ? 'full' : `${count(free)} free`}</span>
        </button>
      </li>`;
    })}
  </ul>`;
}

function seatsOf(
  section: Section,
  { plan, state, tabStop, showsAllRows }: ListModel,
  actions: ListActions,
): TemplateResult {
  const rows = showsAllRows ? section.rows : section.rows.slice(0, ROWS);
  const stop = tabStop !== null && plan.sectionOf(tabStop) === section ? tabStop : section.seats[0];
  return html`
    <h2 id="list-title" tabindex="-1">Section ${section.name}</h2>
    <p class="soft">
      ${plan.categories[section.category]?.name}. ${count(state.ofSection[section.index]![FREE])}
      free. Arrow keys go from seat to seat.
    </p>
    <div class="rows" @keydown=${(event: KeyboardEvent) => goOn(event, plan, section)}>
      ${rows.map(
        (row) =>
          html`<div class="row" role="group" aria-label=${`Row ${row.name}`}>
            <span class="row-name" aria-hidden="true">${row.name}</span>
            ${repeat(
              row.seats,
              (seat) => seat,
              (seat) => seatButton(seat, seat === stop, plan, state, actions),
            )}
          </div>`,
      )}
    </div>
    ${
      rows.length < section.rows.length
        ? html`<button type="button" class="more" @click=${() => actions.showAllRows()}>
            Show all ${section.rows.length} rows
          </button>`
        : nothing
    }
  `;
}

function seatButton(
  seat: SeatNumber,
  isTabStop: boolean,
  plan: Plan,
  state: SeatState,
  actions: ListActions,
): TemplateResult {
  const { row, number, accessible } = plan.seat(seat);
  const cost = state.priceOf(seat);
  const isMine = state.mine[seat] === 1;
  const status = state.status[seat]!;
  const isOpen = status === FREE || state.held.has(seat);
  const kind = isMine ? 'mine' : kindOf(status);
  const label = [
    `Row ${row}, seat ${number}`,
    cost && money(cost),
    accessible ? 'wheelchair place' : '',
    statusWords(state, seat),
  ];
  return html`<button
    type="button"
    class="seat ${kind} ${state.pending[seat] === NOTHING ? '' : 'waiting'}"
    data-seat=${seat}
    tabindex=${isTabStop ? 0 : -1}
    aria-label=${label.filter(Boolean).join(', ')}
    aria-pressed=${isMine}
    aria-disabled=${!isOpen}
    @click=${() => actions.choose(seat)}
    @focus=${() => actions.focus(seat)}
    @blur=${() => actions.focus(null)}
  >
    ${kind === 'sold' || kind === 'mine' ? shape(kind) : number}
  </button>`;
}

/** How a seat of somebody else, or of nobody, is shown. */
function kindOf(status: number): 'free' | 'closed' | 'held' | 'sold' {
  if (status === FREE) return 'free';
  if (status === CLOSED) return 'closed';
  return status === HELD ? 'held' : 'sold';
}

/** The arrows go along a row and between rows; Home and End to a row's ends. */
function goOn(event: KeyboardEvent, plan: Plan, section: Section): void {
  const from = Number((event.target as HTMLElement).dataset['seat'] ?? NaN);
  if (Number.isNaN(from)) return;
  const row = section.rows.indexOf(plan.rowOf(from));
  const index = section.rows[row]!.seats.indexOf(from);
  const inRow = (index: number, at: number) => {
    const seats = section.rows[index]?.seats;
    return seats?.[Math.min(Math.max(at, 0), seats.length - 1)];
  };
  const moves: Record<string, () => SeatNumber | undefined> = {
    ArrowLeft: () => inRow(row, index - 1),
    ArrowRight: () => inRow(row, index + 1),
    ArrowUp: () => inRow(row - 1, index),
    ArrowDown: () => inRow(row + 1, index),
    Home: () => inRow(row, 0),
    End: () => inRow(row, Infinity),
  };
  const to = moves[event.key]?.();
  if (to === undefined) return;
  event.preventDefault();
  const rows = event.currentTarget as HTMLElement;
  rows.querySelector<HTMLElement>(`[data-seat="${to}"]`)?.focus();
}
