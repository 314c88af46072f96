// The map's shapes, as small pictures.

import { html, svg, type TemplateResult } from 'lit-html';

export type Shape = 'free' | 'held' | 'sold' | 'mine' | 'accessible';

export function shape(which: Shape): TemplateResult {
  const inner = {
    free: svg`<circle class="fill" cx="8" cy="8" r="6.5" />`,
    accessible: svg`<rect class="fill" x="1.75" y="1.75" width="12.5" height="12.5" rx="3" />`,
    held: svg`<circle class="line" cx="8" cy="8" r="5" />`,
    sold: svg`<path class="line sold" d="M4.5 4.5l7 7m0-7l-7 7" />`,
    mine: svg`<rect class="mine" x="1" y="1" width="14" height="14" rx="4" />
      <path class="check" d="M4.5 8.3l2.4 2.4 4.6-5" />`,
  }[which];
  return html`<svg class="shape" viewBox="0 0 16 16" aria-hidden="true">${inner}</svg>`;
}
