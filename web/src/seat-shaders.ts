// The shapes of seats, as programs for the graphics card.
//
// Free is a disc in the colour of its category, or a rounded square where a wheelchair fits. Held
// is a ring, sold a small cross, mine a large rounded square with a check. The shapes tell them
// apart without any colour.

import { GLYPH_HEIGHT, GLYPH_WIDTH, GLYPHS, MAX_GLYPHS, NO_GLYPH } from './glyphs';

/** What seats are drawn as, in this order: what is mine lies on top. */
export const DOT = 0;
export const DISC = 1;
export const RING = 2;
export const CROSS = 3;
export const CHECK = 4;
export const SHAPES = 5;

/** What is mine is never drawn smaller than this, so that it is found from afar. */
export const SMALLEST_MINE_PX = 9;

/** What a seat's vertex is flagged with. */
export const ACCESSIBLE = 1;
export const SOLD_FLAG = 2;
export const FAINT = 4;

export const VERTEX = `#version 300 es
uniform vec2 u_middle, u_screen;
uniform float u_scale, u_half, u_pulse;
layout(location = 0) in vec2 a_place;
layout(location = 1) in uvec4 a_color;
layout(location = 2) in uvec4 a_glyphs;
flat out vec3 v_color;
flat out float v_strength;
flat out uint v_flags;
flat out uvec4 v_glyphs;
void main() {
  v_color = vec3(a_color.rgb) / 255.;
  v_flags = a_color.a;
  v_strength = float(a_color.a >> 3u) / 31.;
  if ((a_color.a & ${FAINT}u) != 0u) v_strength *= u_pulse;
  v_glyphs = a_glyphs;
  gl_Position = vec4((a_place - u_middle) * u_scale / u_screen * vec2(2., -2.), 0., 1.);
  gl_PointSize = u_half * 2.;
}`;

/** What the fragment shaders share; the shape follows. `s` is the size of a seat in pixels. */
const fragment = (shape: string): string => `#version 300 es
precision highp float;
uniform float u_seat, u_half;
uniform vec3 u_mine, u_on_mine;
uniform sampler2D u_atlas;
vec2 at_px;
flat in vec3 v_color;
flat in float v_strength;
flat in uint v_flags;
flat in uvec4 v_glyphs;
out vec4 color;
float disc(float radius) { return length(at_px) - radius; }
float box(float half_px, float round_px) {
  vec2 d = abs(at_px) - half_px + round_px;
  return length(max(d, 0.)) + min(max(d.x, d.y), 0.) - round_px;
}
float stroke(vec2 a, vec2 b, float half_px) {
  vec2 along = b - a, from = at_px - a;
  return length(from - along * clamp(dot(from, along) / dot(along, along), 0., 1.)) - half_px;
}
/** How much of a pixel is inside, at this distance from the edge. */
float inside(float distance_px) { return clamp(.5 - distance_px, 0., 1.); }
float number_here(float size) {
  uint count = 0u;
  for (int i = 0; i < ${MAX_GLYPHS}; i++) count += uint(v_glyphs[i] != ${NO_GLYPH}u);
  float width = size * ${(GLYPH_WIDTH / GLYPH_HEIGHT).toFixed(4)};
  vec2 at = vec2(at_px.x / width + float(count) * .5, at_px.y / size + .5);
  if (at.x < 0. || at.x >= float(count) || at.y < 0. || at.y > 1.) return 0.;
  float glyph = float(v_glyphs[int(at.x)]);
  vec2 on_atlas = vec2((glyph + fract(at.x)) / ${GLYPHS.length}., at.y);
  return textureLod(u_atlas, on_atlas, log2(${GLYPH_HEIGHT}. / size)).r;
}
void main() {
  // From the middle of the seat, in pixels.
  at_px = (gl_PointCoord * 2. - 1.) * u_half;
  float s = u_seat, cover;
  vec3 paint = v_color;
  ${shape}
  cover *= v_strength;
  color = vec4(paint * cover, cover);
}`;

/** A disc; a rounded square where a wheelchair fits. A darker rim holds pale colours together. */
const FREE_SHAPE = `
  float edge = (v_flags & ${ACCESSIBLE}u) != 0u ? box(s * .42, s * .14) : disc(s * .44);
  cover = inside(edge);
  paint = mix(paint, paint * .72, inside(-edge - max(s * .045, .75)));`;

export const FRAGMENTS: Record<number, string> = {
  [DOT]: fragment(`cover = inside(disc(s));`),
  [DISC]: fragment(FREE_SHAPE),
  [RING]: fragment(`cover = inside(abs(length(at_px) - s * .31) - max(s * .07, .5));`),
  [CROSS]: fragment(`
  // The two arms are each other's mirror images.
  vec2 at = abs(at_px);
  vec2 from = at - vec2(clamp((at.x + at.y) * .5, 0., s * .15));
  cover = inside(length(from) - max(s * .045, .45));`),
  [CHECK]: fragment(`
  s = max(s, ${SMALLEST_MINE_PX}.);
  cover = inside((v_flags & ${SOLD_FLAG}u) != 0u ? disc(s * .54) : box(s * .48, s * .16));
  vec2 corner = vec2(-.06, .17) * s;
  float half_px = s * .055;
  float short_arm = stroke(vec2(-.2, .02) * s, corner, half_px);
  float check = min(short_arm, stroke(corner, vec2(.22, -.15) * s, half_px));
  paint = mix(u_mine, u_on_mine, inside(check));`),
};

export const NUMBERED = fragment(`${FREE_SHAPE}
  vec3 ink = dot(paint, vec3(.299, .587, .114)) > .5 ? vec3(.05) : vec3(1.);
  paint = mix(paint, ink, number_here(s * .42));`);

/** How far from its middle a shape reaches, as a part of the seat's size. */
export const REACH: Record<number, number> = {
  [DISC]: 0.46,
  [RING]: 0.4,
  [CROSS]: 0.22,
  [CHECK]: 0.56,
};
