// Stands in for a browser and for the person before it, so that the page runs on Node.

import { Window } from 'happy-dom';

const window = new Window();
const { document, navigator, MutationObserver } = window;
// What React asks for by name. Newer Nodes have a navigator, which cannot be assigned to.
for (const [name, value] of Object.entries({ window, document, navigator })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

/** How long a person waits for something to show. */
const PATIENCE_MS = 15_000;

/** Where the page goes. */
export const body = document.body as unknown as HTMLElement;

/** The texts of all elements that a selector finds. */
export function texts(selector: string): string[] {
  return [...body.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');
}

/** Waits until the page shows what is looked for, and gives it. */
export function shown<T>(what: string, look: () => T | false | undefined | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => {
      observer.disconnect();
      reject(new Error(`${what} does not show; the page says: ${body.textContent}`));
    }, PATIENCE_MS);
    const check = () => {
      const found = look();
      if (!found) return;
      observer.disconnect();
      clearTimeout(patience);
      resolve(found);
    };
    const observer = new MutationObserver(check);
    observer.observe(document.body, {
      attributes: true,
      characterData: true,
      childList: true,
      subtree: true,
    });
    check();
  });
}

/** Presses the button that begins with these words, as soon as it is there. */
export async function press(words: string): Promise<void> {
  const buttons = () => [...body.querySelectorAll('button:not([disabled])')] as HTMLElement[];
  const look = () => buttons().find(({ textContent }) => textContent?.startsWith(words));
  (await shown(`the button "${words}"`, look)).click();
}
