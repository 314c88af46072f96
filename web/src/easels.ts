// Which easel a browser has.

import type { Easel } from './easel';
import type { PageEasel } from './page-easel';
import { WorkerEasel } from './worker-easel';

/**
 * In a thread of its own, if the browser can; so that the page has its own for itself.
 *
 * @param onLost called where it breaks while it paints
 */
export async function easel(onLost: () => void): Promise<Easel> {
  const script = document.querySelector<HTMLLinkElement>('link[rel=worker][title=painter]')?.href;
  const canHand = 'transferControlToOffscreen' in HTMLCanvasElement.prototype;
  return script && canHand ? new WorkerEasel(script, onLost) : easelHere();
}

/** In the page: what it takes is loaded only where it is needed. */
export async function easelHere(): Promise<PageEasel> {
  const { PageEasel } = await import('./page-easel');
  return new PageEasel();
}
