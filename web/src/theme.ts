// Dark and light: what the system says, unless the button says otherwise. Colours are in page.css.
// The map draws by itself, and reads them from there.

const KEY = 'grand-arena.theme';

export type Rgb = readonly [red: number, green: number, blue: number];

/** The colours that the map is drawn with. */
export interface MapColors {
  readonly ground: Rgb;
  readonly section: Rgb;
  readonly sold: Rgb;
  readonly mine: Rgb;
  readonly onMine: Rgb;
  readonly text: Rgb;
  readonly focus: Rgb;
}

/** With those of the plan's categories, by index. */
export interface PlanColors extends MapColors {
  readonly categories: readonly Rgb[];
}

export class Theme {
  readonly #system = matchMedia('(prefers-color-scheme: dark)');

  constructor(private readonly onChange: () => void) {
    this.#apply();
    this.#system.addEventListener('change', () => this.#apply());
    addEventListener('storage', ({ key }) => key === KEY && this.#apply());
  }

  get isDark(): boolean {
    const chosen = read();
    return chosen === null ? this.#system.matches : chosen === 'dark';
  }

  toggle(): void {
    const wanted = this.isDark ? 'light' : 'dark';
    try {
      // What the system says as well need not be remembered: then it is followed again.
      if ((wanted === 'dark') === this.#system.matches) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, wanted);
    } catch {
      // Without storage the system's theme stays.
    }
    this.#apply();
  }

  colors(): MapColors {
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => rgb(style.getPropertyValue(`--${name}`).trim());
    return {
      ground: color('ground'),
      section: color('section'),
      sold: color('sold'),
      mine: color('mine'),
      onMine: color('on-mine'),
      text: color('text'),
      focus: color('focus'),
    };
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.isDark ? 'dark' : 'light';
    this.onChange();
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Reads `#rrggbb`; grey for anything else. */
export function rgb(color: string | null): Rgb {
  const digits = /^#([0-9a-f]{6})$/i.exec(color ?? '')?.[1];
  const value = digits === undefined ? 0x8a9096 : parseInt(digits, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function css([red, green, blue]: Rgb, alpha = 1): string {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

/** The colour, lighter or darker where it must be to stand out by this ratio (WCAG's). */
export function standingOut(color: Rgb, ground: Rgb, ratio: number): Rgb {
  const target = luminance(ground) > 0.3 ? 0 : 255;
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = color.map((value) =>
      Math.round(value + (target - value) * part),
    ) as unknown as Rgb;
    if (contrast(mixed, ground) >= ratio) return mixed;
  }
  return color;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

export function luminance(color: Rgb): number {
  const [r, g, b] = color.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
