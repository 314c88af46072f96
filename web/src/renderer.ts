// Draws sections and seats with WebGL 2: one call for all sections, and one for all seats of a
// shape. A seat is a point that the fragment shader cuts its shape from, so shapes are sharp at
// every size. Each shape has a shader of its own, and only what is on the screen is drawn. Where
// there is no graphics card, each instruction for a pixel counts. (There, instanced squares cost a
// hundred times as much as points.)
//
// Free is a disc in the colour of its category, or a rounded square where a wheelchair fits. Held
// is a ring, sold a small cross, mine a large rounded square with a check. The shapes tell them
// apart without any colour.

import type { Canvas, Pen } from './canvas';
import { CLOSED, DIMMED, MINE, STATUS_MASK, WAITING } from './look';
import type { Plan, SeatNumber } from './plan';
import { luminance, type MapColors, type Rgb, rgb, standingOut } from './theme';
import type { View } from './view';

export interface Renderer {
  setColors(colors: MapColors): void;
  setLook(seat: SeatNumber, look: number): void;
  /** The size of the drawing, in device pixels. */
  resize(width: number, height: number): void;
  /** @param pulse 0 to 1: how strongly seats are drawn that wait for an answer. */
  draw(view: View, pixelRatio: number, highlight: number | null, pulse: number): void;
}

/**
 * Seat numbers of other characters are not drawn on the map: the details and the list have them.
 */
const GLYPHS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const GLYPH_WIDTH = 20;
const GLYPH_HEIGHT = 32;
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
/** Longer numbers would not fit. */
const MAX_GLYPHS = 4;
const NO_GLYPH = 255;

/** What seats are drawn as, in this order: what is mine lies on top. */
const DOT = 0;
const DISC = 1;
const RING = 2;
const CROSS = 3;
const CHECK = 4;
const SHAPES = 5;

/** No shape can be seen below this size in pixels: strength and size tell the statuses apart. */
const SHAPES_FROM_PX = 6.5;
/** What is mine is never drawn smaller than this, so that it is found from afar. */
const SMALLEST_MINE_PX = 9;
/** Numbers are written on seats of this size. */
const NUMBERS_FROM_PX = 20;

/** A seat for the graphics card: x, y, colour with flags, and the characters of its number. */
const SEAT_BYTES = 16;

const ACCESSIBLE = 1;
const SOLD_FLAG = 2;
const FAINT = 4;

const VERTEX = `#version 300 es
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

const FRAGMENTS: Record<number, string> = {
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

const NUMBERED = fragment(`${FREE_SHAPE}
  vec3 ink = dot(paint, vec3(.299, .587, .114)) > .5 ? vec3(.05) : vec3(1.);
  paint = mix(paint, ink, number_here(s * .42));`);

/** How far from its middle a shape reaches, as a part of the seat's size. */
const REACH: Record<number, number> = { [DISC]: 0.46, [RING]: 0.4, [CROSS]: 0.22, [CHECK]: 0.56 };

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
export function webglRenderer(canvas: Canvas, plan: Plan, onRestored: () => void): Renderer | null {
  const options = { alpha: true, antialias: false, depth: false, powerPreference: 'low-power' };
  const gl = canvas.getContext('webgl2', options) as WebGL2RenderingContext | null;
  return gl ? new WebGlRenderer(gl, plan, onRestored) : null;
}

class WebGlRenderer implements Renderer {
  readonly #looks: Uint8Array;
  /** Colour and shape of each seat's place, as 0xAABBGGRR with nothing in AA. */
  readonly #paints: Uint32Array;
  readonly #glyphs: Uint32Array;
  /** What goes to the graphics card for a picture: seats by shape. */
  readonly #floats: Float32Array<ArrayBuffer>;
  readonly #words: Uint32Array;
  #colors: MapColors | undefined;
  #isLost = false;
  #gpu: Gpu;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly plan: Plan,
    onRestored: () => void,
  ) {
    this.#looks = new Uint8Array(plan.size);
    this.#paints = new Uint32Array(plan.size);
    this.#glyphs = glyphsOf(plan);
    const buffer = new ArrayBuffer(plan.size * SEAT_BYTES);
    this.#floats = new Float32Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#gpu = this.#prepare();
    // A driver may take everything away at any time. The browser gives a context back if the loss
    // was not left to it.
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
    const palette = categoryColors(this.plan, colors).map(packed);
    for (let seat = 0; seat < this.plan.size; seat++)
      this.#paints[seat] = palette[this.plan.category[seat]!]!;
    if (!this.#isLost) this.#paintSections(this.#gpu, colors);
  }

  setLook(seat: SeatNumber, look: number): void {
    this.#looks[seat] = look;
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
    const { x, y, scale } = view.pose;
    const { width, height } = gl.canvas;
    // A point whose middle is beyond the edge is not drawn: so the edge is a seat further out.
    const beyond = Math.ceil(Math.max(view.seatPx * pixelRatio, SMALLEST_MINE_PX));
    gl.viewport(-beyond, -beyond, width + 2 * beyond, height + 2 * beyond);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const see = (program: Program) => {
      gl.useProgram(program.program);
      gl.uniform2f(program.at('u_middle'), x, y);
      gl.uniform2f(program.at('u_screen'), width + 2 * beyond, height + 2 * beyond);
      gl.uniform1f(program.at('u_scale'), scale * pixelRatio);
    };
    see(sections.program);
    gl.uniform1f(sections.program.at('u_margin'), this.plan.pitch * 0.9);
    gl.uniform1f(sections.program.at('u_highlight'), highlight ?? -1);
    gl.uniform3f(sections.program.at('u_section'), ...unit(colors.section));
    gl.bindVertexArray(sections.array);
    gl.drawArrays(gl.TRIANGLES, 0, sections.count);

    const size = view.seatPx * pixelRatio;
    const shapes = this.#sort(view, size, packed(colors.sold));
    gl.bindVertexArray(seats.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, seats.buffer);
    gl.bufferSubData(
      gl.ARRAY_BUFFER,
      0,
      this.#floats,
      0,
      (shapes[shapes.length - 1]!.end * SEAT_BYTES) / 4,
    );
    shapes.forEach(({ start, end, radius }, shape) => {
      if (start === end) return;
      const program =
        shape === DISC && size >= NUMBERS_FROM_PX ? seats.numbered : seats.programs[shape]!;
      see(program);
      const reach =
        radius ?? Math.max(size, shape === CHECK ? SMALLEST_MINE_PX : 0) * REACH[shape]!;
      gl.uniform1f(program.at('u_seat'), radius ?? size);
      // A pixel more, for the soft edge.
      gl.uniform1f(program.at('u_half'), reach + 1);
      gl.uniform1f(program.at('u_pulse'), 0.35 + 0.45 * pulse);
      gl.uniform3f(program.at('u_mine'), ...unit(colors.mine));
      gl.uniform3f(program.at('u_on_mine'), ...unit(colors.onMine));
      const offset = start * SEAT_BYTES;
      gl.vertexAttribPointer(0, 2, gl.FLOAT, false, SEAT_BYTES, offset);
      gl.vertexAttribIPointer(1, 4, gl.UNSIGNED_BYTE, SEAT_BYTES, offset + 8);
      gl.vertexAttribIPointer(2, 4, gl.UNSIGNED_BYTE, SEAT_BYTES, offset + 12);
      gl.drawArrays(gl.POINTS, 0, end - start);
    });
    gl.bindVertexArray(null);
  }

  /** Lays out what is on the screen, shape by shape; gives where each shape's seats are. */
  #sort(view: View, size: number, sold: number): { start: number; end: number; radius?: number }[] {
    const { plan } = this;
    const isSmall = size < SHAPES_FROM_PX;
    const margin = Math.max(size, SMALLEST_MINE_PX);
    const [from, to] = [
      view.toPlan({ x: -margin, y: -margin }),
      view.toPlan({ x: view.width + margin, y: view.height + margin }),
    ];
    const shapeOf = (look: number) => {
      if ((look & MINE) !== 0) return CHECK;
      if (isSmall || (look & CLOSED) !== 0) return DOT;
      return DISC + (look & STATUS_MASK);
    };
    const starts = new Uint32Array(SHAPES + 1);
    const isSeen = (seat: SeatNumber) => {
      const [x, y] = [plan.x[seat]!, plan.y[seat]!];
      return x > from.x && x < to.x && y > from.y && y < to.y;
    };
    for (let seat = 0; seat < plan.size; seat++)
      if (isSeen(seat)) starts[shapeOf(this.#looks[seat]!) + 1]! += 1;
    for (let shape = 0; shape < SHAPES; shape++) starts[shape + 1]! += starts[shape]!;
    const ends = starts.slice(0, SHAPES);
    for (let seat = 0; seat < plan.size; seat++) {
      if (!isSeen(seat)) continue;
      const look = this.#looks[seat]!;
      const shape = shapeOf(look);
      const at = ends[shape]!++ * 4;
      this.#floats[at] = plan.x[seat]!;
      this.#floats[at + 1] = plan.y[seat]!;
      const isFaded = (look & CLOSED) !== 0 || (look & STATUS_MASK) === 2;
      const flags =
        (plan.seat(seat).accessible ? ACCESSIBLE : 0) |
        ((look & STATUS_MASK) === 2 ? SOLD_FLAG : 0);
      this.#words[at + 2] =
        (isFaded ? sold : this.#paints[seat]!) | ((flags | faintness(look, shape)) << 24);
      this.#words[at + 3] = this.#glyphs[seat]!;
    }
    // From afar all are dots of one size, and their strength tells them apart. From near, dots are
    // places that are not offered: specks.
    const radius = isSmall ? size * 0.42 : size * 0.1;
    return Array.from(ends, (end, shape) => ({
      start: starts[shape]!,
      end,
      ...(shape === DOT && { radius }),
    }));
  }

  /** Makes all that lives on the graphics card: at the start, and again after it was lost. */
  #prepare(): Gpu {
    const { gl, plan } = this;
    const seatArray = gl.createVertexArray();
    gl.bindVertexArray(seatArray);
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, plan.size * SEAT_BYTES, gl.STREAM_DRAW);
    for (const location of [0, 1, 2]) gl.enableVertexAttribArray(location);
    const programs = Array.from(
      { length: SHAPES },
      (_, shape) => new Program(gl, VERTEX, FRAGMENTS[shape]!),
    );

    const sectionArray = gl.createVertexArray();
    gl.bindVertexArray(sectionArray);
    const mesh = sectionMesh(plan);
    attribute(gl, 0, mesh.place, 2, gl.FLOAT);
    attribute(gl, 1, mesh.outward, 2, gl.FLOAT);
    attribute(gl, 2, mesh.edge, 2, gl.FLOAT);
    const sectionColors = attribute(
      gl,
      3,
      new Uint8Array(mesh.section.length * 4),
      4,
      gl.UNSIGNED_BYTE,
      true,
    );
    gl.bindVertexArray(null);
    makeAtlas(gl);

    const gpu: Gpu = {
      seats: { programs, numbered: new Program(gl, VERTEX, NUMBERED), array: seatArray, buffer },
      sections: {
        program: new Program(gl, SECTION_VERTEX, SECTION_FRAGMENT),
        array: sectionArray,
        count: mesh.section.length,
        colors: sectionColors,
        mesh,
      },
    };
    if (this.#colors) this.#paintSections(gpu, this.#colors);
    return gpu;
  }

  /** Gives sections a hint of the colour of their category. */
  #paintSections({ sections }: Gpu, colors: MapColors): void {
    const { gl, plan } = this;
    const palette = categoryColors(plan, colors);
    const ofSections = new Uint8Array(sections.count * 4);
    sections.mesh.section.forEach((section, vertex) => {
      ofSections.set([...palette[plan.sections[section]!.category]!, 56], vertex * 4);
    });
    gl.bindBuffer(gl.ARRAY_BUFFER, sections.colors);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, ofSections);
  }
}

/**
 * How strongly a seat is drawn (0 to 31, the five highest of eight bits), and whether it pulses.
 */
function faintness(look: number, shape: number): number {
  if ((look & WAITING) !== 0) return (31 << 3) | FAINT;
  if ((look & MINE) !== 0) return 31 << 3;
  const ofStatus = [31, 13, 11][look & STATUS_MASK]!;
  const strength = (look & CLOSED) !== 0 ? 15 : shape === DOT ? ofStatus : shape === RING ? 27 : 31;
  return Math.max((look & DIMMED) !== 0 ? Math.round(strength * 0.16) : strength, 1) << 3;
}

function packed([red, green, blue]: Rgb): number {
  return red | (green << 8) | (blue << 16);
}

/** The characters of each seat's number, as four bytes. */
function glyphsOf(plan: Plan): Uint32Array {
  const glyphs = new Uint8Array(plan.size * MAX_GLYPHS).fill(NO_GLYPH);
  plan.seats.forEach(({ number }, seat) => {
    const text = [...number.toUpperCase()].map((letter) => GLYPHS.indexOf(letter));
    if (text.length <= MAX_GLYPHS && !text.includes(-1)) glyphs.set(text, seat * MAX_GLYPHS);
  });
  return new Uint32Array(glyphs.buffer);
}

/** The categories' colours, by index: they stand out from the sections that they are drawn on. */
export function categoryColors(plan: Plan, colors: MapColors): Rgb[] {
  const colorOf = (own: string | null, index: number) =>
    rgb(own ?? PALETTE[index % PALETTE.length]!);
  const ratio = luminance(colors.section) > 0.3 ? MIN_CONTRAST.onLight : MIN_CONTRAST.onDark;
  const palette = plan.categories.map(({ color }, index) =>
    standingOut(colorOf(color, index), colors.section, ratio),
  );
  return palette.length > 0 ? palette : [colors.sold];
}

interface Gpu {
  seats: {
    programs: Program[];
    numbered: Program;
    array: WebGLVertexArrayObject;
    buffer: WebGLBuffer;
  };
  sections: {
    program: Program;
    array: WebGLVertexArrayObject;
    count: number;
    colors: WebGLBuffer;
    mesh: Mesh;
  };
}

interface Mesh {
  place: Float32Array<ArrayBuffer>;
  outward: Float32Array<ArrayBuffer>;
  /** Whether a vertex is on the soft edge, and its section. */
  edge: Float32Array<ArrayBuffer>;
  section: number[];
}

/** The sections' outlines as triangles: a fan inside, and a narrow strip around that fades out. */
function sectionMesh(plan: Plan): Mesh {
  const [place, outward, edge, section]: [number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
  ];
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

/** The characters of seat numbers, in a row, as a texture. */
function makeAtlas(gl: WebGL2RenderingContext): void {
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

function attribute(
  gl: WebGL2RenderingContext,
  location: number,
  data: AllowSharedBufferSource,
  size: number,
  type: number,
  normalized = false,
): WebGLBuffer {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(location);
  gl.vertexAttribPointer(location, size, type, normalized, 0, 0);
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
    for (const [type, source] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
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
