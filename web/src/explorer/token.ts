// Whose token goes with every operation. Kept for as long as the tab is open.

const KEY = 'grand-arena:playground:token';

let token = sessionStorage.getItem(KEY) ?? '';
const listeners = new Set<() => void>();

export const currentToken = (): string => token;

export function setToken(text: string): void {
  // As people copy it: with the header's name and scheme, or with a line end.
  token = text.trim().replace(/^(authorization:\s*)?bearer\s+/i, '');
  sessionStorage.setItem(KEY, token);
  for (const listener of listeners) listener();
}

export function onTokenChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What a token says, for a person. Only the server can tell whether it is good. */
export function describeToken(text: string): string {
  if (!text) return 'Nobody. Looking needs no token; holding seats does.';
  try {
    const payload = text.split('.')[1] ?? '';
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    const { sub, exp } = JSON.parse(new TextDecoder().decode(bytes)) as {
      sub?: unknown;
      exp?: unknown;
    };
    if (typeof sub !== 'string' || typeof exp !== 'number')
      throw new TypeError('not a token of ours');
    const end = new Date(exp * 1000).toLocaleString();
    return exp * 1000 < Date.now()
      ? `${sub}, whose token ran out at ${end}.`
      : `${sub}, until ${end}.`;
  } catch {
    const own = 'sign one with `grand-arena token --user alice`';
    return `This is not a token. Become a guest, or ${own}.`;
  }
}
