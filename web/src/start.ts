// Stands in the page's head as it is, and begins what the page will ask for, while the rest of the
// page is still on its way.

import { begin } from './opening';

globalThis.arenaOpening = begin(new URLSearchParams(location.search).get('event'));
