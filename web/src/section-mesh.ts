// The sections on the graphics card: their outlines as triangles, and the program that draws them.

import type { Plan } from './plan';

export interface Mesh {
  place: Float32Array<ArrayBuffer>;
  outward: Float32Array<ArrayBuffer>;
  /** Whether a vertex is on the soft edge, and its section. */
  edge: Float32Array<ArrayBuffer>;
  section: number[];
}

/** The sections' outlines as triangles: a fan inside, and a narrow strip around that fades out. */
export function sectionMesh(plan: Plan): Mesh {
  const place: number[] = [];
  const outward: number[] = [];
  const edge: number[] = [];
  const section: number[] = [];
  for (const { outline, index } of plan.sections) {
    const middle = {
      x: outline.reduce((sum, { x }) => sum + x, 0) / outline.length,
      y: outline.reduce((sum, { y }) => sum + y, 0) / outline.length,
    };
    const corners = outline.map((at, i) => {
      const before = outline[(i + outline.length - 1) % outline.length]!;
      const after = outline[(i + 1) % outline.length]!;
      return { at, out: bisector(before, at, after, middle) };
    });
    const put = (at: { x: number; y: number }, out: { x: number; y: number }, isEdge: number) => {
      place.push(at.x, at.y);
      outward.push(out.x, out.y);
      edge.push(isEdge, index);
      section.push(index);
    };
    corners.forEach((a, i) => {
      const b = corners[(i + 1) % corners.length]!;
      put(middle, { x: 0, y: 0 }, 0);
      put(a.at, a.out, 0);
      put(b.at, b.out, 0);
      for (const [{ at, out }, isEdge] of [
        [a, 0],
        [b, 0],
        [a, 1],
        [a, 1],
        [b, 0],
        [b, 1],
      ] as const)
        put(at, out, isEdge);
    });
  }
  const floats = (values: number[]) => new Float32Array(values);
  return { place: floats(place), outward: floats(outward), edge: floats(edge), section };
}

type Vector = { x: number; y: number };

/** The direction in which a corner moves when the outline grows by one unit. */
function bisector(before: Vector, at: Vector, after: Vector, middle: Vector): Vector {
  const normal = (from: Vector, to: Vector) => {
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const n = { x: (to.y - from.y) / length, y: (from.x - to.x) / length };
    return n.x * (at.x - middle.x) + n.y * (at.y - middle.y) < 0 ? { x: -n.x, y: -n.y } : n;
  };
  const [a, b] = [normal(before, at), normal(at, after)];
  const sum = { x: a.x + b.x, y: a.y + b.y };
  const square = sum.x ** 2 + sum.y ** 2;
  // Sharp corners would grow without end.
  const by = square < 0.5 ? 1 / (Math.sqrt(square) || 1) : 2 / square;
  return { x: sum.x * by, y: sum.y * by };
}

export const SECTION_VERTEX = `#version 300 es
uniform vec2 u_middle, u_screen;
uniform float u_scale, u_margin, u_highlight;
layout(location = 0) in vec2 a_place;
layout(location = 1) in vec2 a_outward;
layout(location = 2) in vec2 a_edge;
layout(location = 3) in vec4 a_color;
out float v_cover;
flat out vec4 v_color;
void main() {
  v_cover = 1. - a_edge.x;
  v_color = a_color;
  if (a_edge.y == u_highlight) v_color.a = 1.;
  vec2 px = (a_place - u_middle + a_outward * u_margin) * u_scale + a_outward * a_edge.x * 1.5;
  gl_Position = vec4(px / u_screen * vec2(2., -2.), 0., 1.);
}`;

export const SECTION_FRAGMENT = `#version 300 es
precision mediump float;
uniform vec3 u_section;
in float v_cover;
flat in vec4 v_color;
out vec4 color;
void main() {
  color = vec4(mix(u_section, v_color.rgb, v_color.a * .28), 1.) * v_cover;
}`;
