// The colours of the categories on the map.

import type { Category } from './plan';
import { luminance, type MapColors, type Rgb, rgb, standingOut } from './theme';

/** For categories without a colour: Okabe and Ito's, which the colour-blind can tell apart. */
const PALETTE = [
  '#e69f00',
  '#56b4e9',
  '#009e73',
  '#f0e442',
  '#0072b2',
  '#d55e00',
  '#cc79a7',
  '#999999',
];
/** How much a free seat stands out from its section. On light ground a rim helps pale colours. */
const MIN_CONTRAST = { onLight: 1.8, onDark: 3.6 };

/** The categories' colours, by index: they stand out from the sections that they are drawn on. */
export function categoryColors(categories: readonly Category[], colors: MapColors): Rgb[] {
  const colorOf = (own: string | null, index: number) =>
    rgb(own ?? PALETTE[index % PALETTE.length]!);
  const ratio = luminance(colors.section) > 0.3 ? MIN_CONTRAST.onLight : MIN_CONTRAST.onDark;
  const palette = categories.map(({ color }, index) =>
    standingOut(colorOf(color, index), colors.section, ratio),
  );
  return palette.length > 0 ? palette : [colors.sold];
}
