// The characters of seat numbers: their places in a texture, and which ones a seat has.

import type { Pen } from './canvas';
import type { Plan } from './plan';

/** Numbers of other characters are not drawn on the map: the details and the list have them. */
export const GLYPHS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
export const GLYPH_WIDTH = 20;
export const GLYPH_HEIGHT = 32;
/** Longer numbers would not fit. */
export const MAX_GLYPHS = 4;
export const NO_GLYPH = 255;

/** The characters of each seat's number, as four bytes. */
export function glyphsOf(plan: Plan): Uint32Array {
  const glyphs = new Uint8Array(plan.size * MAX_GLYPHS).fill(NO_GLYPH);
  for (let seat = 0; seat < plan.size; seat++) {
    const text = [...plan.numberIn(seat).toUpperCase()].map((letter) => GLYPHS.indexOf(letter));
    if (text.length <= MAX_GLYPHS && !text.includes(-1)) glyphs.set(text, seat * MAX_GLYPHS);
  }
  return new Uint32Array(glyphs.buffer);
}

/** The characters of seat numbers, in a row, as a texture. */
export function makeAtlas(gl: WebGL2RenderingContext): void {
  const [width, height] = [GLYPH_WIDTH * GLYPHS.length, GLYPH_HEIGHT];
  const canvas =
    typeof document === 'undefined'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d') as Pen | null;
  if (pen) {
    pen.font = `600 ${GLYPH_HEIGHT * 0.95}px system-ui, sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillStyle = '#fff';
    [...GLYPHS].forEach((letter, i) =>
      pen.fillText(letter, (i + 0.5) * GLYPH_WIDTH, GLYPH_HEIGHT * 0.54, GLYPH_WIDTH - 1),
    );
  }
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}
