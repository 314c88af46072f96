// Draws sections and seats with WebGL 2: one call for all sections, one for all seats. A seat is a square that the
// fragment shader cuts its shape from, so shapes are sharp at every size; when a seat changes, one byte does.
//
// Free is a disc in the colour of its category (a rounded square where a wheelchair fits), held a ring, sold a small
// cross, mine a large rounded square with a check. The shapes tell them apart without any colour.

import { CLOSED, DIMMED, MINE, STATUS_MASK, WAITING } from './look';
import type { Plan, SeatNumber } from './plan';
import { type MapColors, type Rgb, rgb, standingOut } from './theme';
import type { View } from './view';

export interface Renderer {
  setColors(colors: MapColors): void;
  setLook(seat: SeatNumber, look: number): void;
  /** The size of the drawing, in device pixels. */
  resize(width: number, height: number): void;
  /** @param pulse 0 to 1: how strongly seats are drawn that wait for an answer. */
  draw(view: View, pixelRatio: number, highlight: number | null, pulse: number): void;
}

/** Characters that seat numbers are made of: others are not drawn on the map (they are in the details and the list). */
const GLYPHS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const GLYPH_WIDTH = 20;
const GLYPH_HEIGHT = 32;
/** How much a free seat stands out from its section, at least: a rim does the rest for pale colours on white. */
const MIN_CONTRAST = 1.8;
/** Longer numbers would not fit. */
const MAX_GLYPHS = 4;
const NO_GLYPH = 255;

const VERTEX = `#version 300 es
uniform vec2 u_middle, u_screen;
uniform float u_scale, u_seat;
layout(location = 0) in vec2 a_corner;
layout(location = 1) in vec2 a_place;
layout(location = 2) in vec4 a_color;
layout(location = 3) in uvec4 a_glyphs;
layout(location = 4) in uint a_look;
out vec2 v_at;
flat out vec4 v_color;
flat out uvec4 v_glyphs;
flat out uint v_look;
void main() {
  // Half of a seat's square in pixels, with a pixel for the soft edge. What is mine is never too small to be found.
  float half_px = max(u_seat * .56, (a_look & ${MINE}u) != 0u ? 5. : 1.) + 1.;
  v_at = a_corner * half_px;
  v_color = a_color;
  v_glyphs = a_glyphs;
  v_look = a_look;
  vec2 px = (a_place - u_middle) * u_scale + v_at;
  gl_Position = vec4(px / u_screen * vec2(2., -2.), 0., 1.);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform float u_seat, u_pulse;
uniform vec3 u_sold, u_mine, u_on_mine, u_text;
uniform sampler2D u_atlas;
in vec2 v_at;
flat in vec4 v_color;
flat in uvec4 v_glyphs;
flat in uint v_look;
out vec4 color;

float disc(float radius) { return length(v_at) - radius; }
float box(float half_px, float round_px) {
  vec2 d = abs(v_at) - half_px + round_px;
  return length(max(d, 0.)) + min(max(d.x, d.y), 0.) - round_px;
}
float stroke(vec2 a, vec2 b, float half_px) {
  vec2 along = b - a, from = v_at - a;
  return length(from - along * clamp(dot(from, along) / dot(along, along), 0., 1.)) - half_px;
}
/** How much of a pixel is inside, at this distance from the edge. */
float inside(float distance_px) { return clamp(.5 - distance_px, 0., 1.); }
float number_here(float size) {
  uint count = 0u;
  for (int i = 0; i < ${MAX_GLYPHS}; i++) count += uint(v_glyphs[i] != ${NO_GLYPH}u);
  float width = size * ${(GLYPH_WIDTH / GLYPH_HEIGHT).toFixed(4)};
  vec2 at = vec2(v_at.x / width + float(count) * .5, v_at.y / size + .5);
  if (at.x < 0. || at.x >= float(count) || at.y < 0. || at.y > 1.) return 0.;
  float glyph = float(v_glyphs[int(at.x)]);
  return textureLod(u_atlas, vec2((glyph + fract(at.x)) / ${GLYPHS.length}., at.y), log2(${GLYPH_HEIGHT}. / size)).r;
}

void main() {
  uint status = v_look & ${STATUS_MASK}u;
  float s = u_seat, cover, dim = (v_look & ${DIMMED}u) != 0u ? .16 : 1.;
  // Shapes need some pixels; with fewer, size and strength do.
  float shaped = smoothstep(4.5, 8., s);
  vec3 paint = v_color.rgb;
  if ((v_look & ${MINE}u) != 0u) {
    s = max(s, 9.);
    cover = inside(status == 2u ? disc(s * .54) : box(s * .48, s * .16));
    float check = min(stroke(vec2(-.2, .02) * s, vec2(-.06, .17) * s, s * .055), stroke(vec2(-.06, .17) * s, vec2(.22, -.15) * s, s * .055));
    paint = mix(u_mine, u_on_mine, inside(check));
    if ((v_look & ${WAITING}u) != 0u) cover *= mix(.35, .8, u_pulse);
    dim = 1.;
  } else if ((v_look & ${CLOSED}u) != 0u) {
    cover = inside(disc(max(s * .09, .4))) * .5;
    paint = u_sold;
  } else if (status == 0u) {
    float edge = v_color.a > .5 ? box(s * .42, s * .14) : disc(s * .44);
    cover = inside(edge);
    // A darker rim holds pale colours together.
    paint = mix(paint, paint * .72, inside(-edge - max(s * .045, .75)) * shaped);
    if (s >= 20.) {
      vec3 ink = dot(paint, vec3(.299, .587, .114)) > .5 ? vec3(.05) : vec3(1.);
      paint = mix(paint, ink, number_here(s * .42));
    }
  } else if (status == 1u) {
    float ring = abs(length(v_at) - s * .31) - max(s * .07, .5);
    cover = mix(inside(disc(s * .36)) * .42, inside(ring) * .85, shaped);
  } else {
    vec2 arm = vec2(.15, .15) * s;
    float cross_px = min(stroke(-arm, arm, max(s * .045, .45)), stroke(vec2(-arm.x, arm.y), vec2(arm.x, -arm.y), max(s * .045, .45)));
    cover = mix(inside(disc(s * .2)) * .6, inside(cross_px), shaped);
    paint = u_sold;
  }
  cover *= dim;
  if (cover < .004) discard;
  color = vec4(paint * cover, cover);
}`;

const SECTION_VERTEX = `#version 300 es
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

const SECTION_FRAGMENT = `#version 300 es
precision mediump float;
uniform vec3 u_section;
in float v_cover;
flat in vec4 v_color;
out vec4 color;
void main() {
  color = vec4(mix(u_section, v_color.rgb, v_color.a * .28), 1.) * v_cover;
}`;

/** @returns null where the browser has no WebGL 2. */
export function webglRenderer(canvas: HTMLCanvasElement, plan: Plan, onRestored: () => void): Renderer | null {
  const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, depth: false, powerPreference: 'low-power' });
  return gl ? new WebGlRenderer(gl, plan, onRestored) : null;
}

class WebGlRenderer implements Renderer {
  readonly #looks: Uint8Array;
  readonly #looksAre = { changed: true };
  #colors: MapColors | undefined;
  #isLost = false;
  #gpu!: Gpu;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly plan: Plan,
    onRestored: () => void,
  ) {
    this.#looks = new Uint8Array(plan.size);
    this.#gpu = this.#prepare();
    // A driver may take everything away at any time; the browser gives a context back if the loss was not left to it.
    gl.canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      this.#isLost = true;
    });
    gl.canvas.addEventListener('webglcontextrestored', () => {
      this.#isLost = false;
      this.#gpu = this.#prepare();
      onRestored();
    });
  }

  setColors(colors: MapColors): void {
    this.#colors = colors;
    if (!this.#isLost) this.#paint(colors);
  }

  setLook(seat: SeatNumber, look: number): void {
    if (this.#looks[seat] === look) return;
    this.#looks[seat] = look;
    this.#looksAre.changed = true;
  }

  resize(width: number, height: number): void {
    this.gl.canvas.width = width;
    this.gl.canvas.height = height;
  }

  draw(view: View, pixelRatio: number, highlight: number | null, pulse: number): void {
    const { gl } = this;
    const colors = this.#colors;
    if (this.#isLost || !colors) return;
    const { sections, seats } = this.#gpu;
    if (this.#looksAre.changed) {
      this.#looksAre.changed = false;
      gl.bindBuffer(gl.ARRAY_BUFFER, seats.looks);
      // All of them: 20 kB are nothing next to the frame itself.
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.#looks);
    }
    const { x, y, scale } = view.pose;
    const { width, height } = gl.canvas;
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const see = (program: Program) => {
      gl.useProgram(program.program);
      gl.uniform2f(program.at('u_middle'), x, y);
      gl.uniform2f(program.at('u_screen'), width, height);
      gl.uniform1f(program.at('u_scale'), scale * pixelRatio);
    };
    see(sections.program);
    gl.uniform1f(sections.program.at('u_margin'), this.plan.pitch * 0.9);
    gl.uniform1f(sections.program.at('u_highlight'), highlight ?? -1);
    gl.uniform3f(sections.program.at('u_section'), ...unit(colors.section));
    gl.bindVertexArray(sections.array);
    gl.drawArrays(gl.TRIANGLES, 0, sections.count);

    see(seats.program);
    gl.uniform1f(seats.program.at('u_seat'), view.seatPx * pixelRatio);
    gl.uniform1f(seats.program.at('u_pulse'), pulse);
    gl.uniform3f(seats.program.at('u_sold'), ...unit(colors.sold));
    gl.uniform3f(seats.program.at('u_mine'), ...unit(colors.mine));
    gl.uniform3f(seats.program.at('u_on_mine'), ...unit(colors.onMine));
    gl.bindVertexArray(seats.array);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.plan.size);
    gl.bindVertexArray(null);
  }

  /** Makes everything that lives on the graphics card: at the start, and again after it was lost. */
  #prepare(): Gpu {
    const { gl, plan } = this;
    this.#looksAre.changed = true;
    const seats = new Program(gl, VERTEX, FRAGMENT);
    const seatArray = gl.createVertexArray();
    gl.bindVertexArray(seatArray);
    attribute(gl, 0, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), 2, gl.FLOAT, { each: 'vertex' });
    const place = new Float32Array(plan.size * 2);
    const glyphs = new Uint8Array(plan.size * MAX_GLYPHS).fill(NO_GLYPH);
    for (let seat = 0; seat < plan.size; seat++) {
      place.set([plan.x[seat]!, plan.y[seat]!], seat * 2);
      const text = [...plan.seat(seat).number.toUpperCase()].map((letter) => GLYPHS.indexOf(letter));
      if (text.length <= MAX_GLYPHS && !text.includes(-1)) glyphs.set(text, seat * MAX_GLYPHS);
    }
    attribute(gl, 1, place, 2, gl.FLOAT);
    const seatColors = attribute(gl, 2, new Uint8Array(plan.size * 4), 4, gl.UNSIGNED_BYTE, { normalized: true });
    attribute(gl, 3, glyphs, MAX_GLYPHS, gl.UNSIGNED_BYTE, { integer: true });
    const looks = attribute(gl, 4, this.#looks, 1, gl.UNSIGNED_BYTE, { integer: true });

    const sections = new Program(gl, SECTION_VERTEX, SECTION_FRAGMENT);
    const sectionArray = gl.createVertexArray();
    gl.bindVertexArray(sectionArray);
    const mesh = sectionMesh(plan);
    attribute(gl, 0, mesh.place, 2, gl.FLOAT, { each: 'vertex' });
    attribute(gl, 1, mesh.outward, 2, gl.FLOAT, { each: 'vertex' });
    attribute(gl, 2, mesh.edge, 2, gl.FLOAT, { each: 'vertex' });
    const options = { each: 'vertex', normalized: true } as const;
    const sectionColors = attribute(gl, 3, new Uint8Array(mesh.section.length * 4), 4, gl.UNSIGNED_BYTE, options);
    gl.bindVertexArray(null);
    makeAtlas(gl);

    this.#gpu = {
      seats: { program: seats, array: seatArray, looks, colors: seatColors },
      sections: { program: sections, array: sectionArray, count: mesh.section.length, colors: sectionColors, mesh },
    };
    if (this.#colors) this.#paint(this.#colors);
    return this.#gpu;
  }

  /** Gives seats and sections the colours of their categories, as they are seen in this theme. */
  #paint(colors: MapColors): void {
    const { gl, plan } = this;
    const { seats, sections } = this.#gpu;
    const palette = categoryColors(plan, colors);
    const ofSeats = new Uint8Array(plan.size * 4);
    for (let seat = 0; seat < plan.size; seat++) {
      // The fourth is the shape: 255 where a wheelchair fits.
      ofSeats.set([...palette[plan.category[seat]!]!, plan.seat(seat).accessible ? 255 : 0], seat * 4);
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, seats.colors);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, ofSeats);
    const ofSections = new Uint8Array(sections.count * 4);
    sections.mesh.section.forEach((section, vertex) => {
      ofSections.set([...palette[plan.sections[section]!.category]!, 56], vertex * 4);
    });
    gl.bindBuffer(gl.ARRAY_BUFFER, sections.colors);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, ofSections);
  }
}

/** The categories' colours, by index, so that they stand out from the sections that they are drawn on. */
export function categoryColors(plan: Plan, colors: MapColors): Rgb[] {
  const palette = plan.categories.map(({ color }) => standingOut(rgb(color), colors.section, MIN_CONTRAST));
  return palette.length > 0 ? palette : [colors.sold];
}

interface Gpu {
  seats: { program: Program; array: WebGLVertexArrayObject; looks: WebGLBuffer; colors: WebGLBuffer };
  sections: { program: Program; array: WebGLVertexArrayObject; count: number; colors: WebGLBuffer; mesh: Mesh };
}

interface Mesh {
  place: Float32Array<ArrayBuffer>;
  outward: Float32Array<ArrayBuffer>;
  /** Whether a vertex is on the soft edge, and its section. */
  edge: Float32Array<ArrayBuffer>;
  section: number[];
}

/** The sections' outlines as triangles: a fan inside, and a narrow strip around it that fades out. */
function sectionMesh(plan: Plan): Mesh {
  const [place, outward, edge, section]: [number[], number[], number[], number[]] = [[], [], [], []];
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
      for (const [{ at, out }, isEdge] of [[a, 0], [b, 0], [a, 1], [a, 1], [b, 0], [b, 1]] as const) put(at, out, isEdge);
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

/** The characters of seat numbers, in a row, as a texture. */
function makeAtlas(gl: WebGL2RenderingContext): void {
  const canvas = document.createElement('canvas');
  canvas.width = GLYPH_WIDTH * GLYPHS.length;
  canvas.height = GLYPH_HEIGHT;
  const pen = canvas.getContext('2d');
  if (pen) {
    pen.font = `600 ${GLYPH_HEIGHT * 0.95}px system-ui, sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillStyle = '#fff';
    [...GLYPHS].forEach((letter, i) => pen.fillText(letter, (i + 0.5) * GLYPH_WIDTH, GLYPH_HEIGHT * 0.54, GLYPH_WIDTH - 1));
  }
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, canvas);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

interface AttributeOptions {
  each?: 'vertex' | 'instance';
  integer?: boolean;
  normalized?: boolean;
}

function attribute(
  gl: WebGL2RenderingContext,
  location: number,
  data: AllowSharedBufferSource,
  size: number,
  type: number,
  { each = 'instance', integer = false, normalized = false }: AttributeOptions = {},
): WebGLBuffer {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  gl.enableVertexAttribArray(location);
  if (integer) gl.vertexAttribIPointer(location, size, type, 0, 0);
  else gl.vertexAttribPointer(location, size, type, normalized, 0, 0);
  gl.vertexAttribDivisor(location, each === 'instance' ? 1 : 0);
  return buffer;
}

class Program {
  readonly program: WebGLProgram;
  readonly #uniforms = new Map<string, WebGLUniformLocation | null>();

  constructor(
    private readonly gl: WebGL2RenderingContext,
    vertex: string,
    fragment: string,
  ) {
    this.program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
      const shader = gl.createShader(type);
      if (!shader) continue;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`The map's shaders cannot be linked: ${gl.getProgramInfoLog(this.program)}`);
    }
  }

  at(uniform: string): WebGLUniformLocation | null {
    let location = this.#uniforms.get(uniform);
    if (location === undefined) {
      location = this.gl.getUniformLocation(this.program, uniform);
      this.#uniforms.set(uniform, location);
    }
    return location;
  }
}

function unit([red, green, blue]: Rgb): [number, number, number] {
  return [red / 255, green / 255, blue / 255];
}
