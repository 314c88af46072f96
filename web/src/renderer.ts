// Draws sections and seats with WebGL 2: one call for all sections, and one for all seats of a
// shape. A seat is a point that the fragment shader cuts its shape from, so shapes are sharp at
// every size. Each shape has a shader of its own, and only what is on the screen is drawn. Where
// there is no graphics card, each instruction for a pixel counts. (There, instanced squares cost a
// hundred times as much as points.)

import type { Canvas } from './canvas';
import { glyphsOf, makeAtlas } from './glyphs';
import { attribute, Program } from './gpu-program';
import { CLOSED, DIMMED, MINE, STATUS_MASK, WAITING } from './look';
import type { Plan, SeatNumber } from './plan';
import {
  ACCESSIBLE,
  CHECK,
  DISC,
  DOT,
  FAINT,
  FRAGMENTS,
  NUMBERED,
  REACH,
  RING,
  SHAPES,
  SMALLEST_MINE_PX,
  SOLD_FLAG,
  VERTEX,
} from './seat-shaders';
import { type Mesh, SECTION_FRAGMENT, SECTION_VERTEX, sectionMesh } from './section-mesh';
import type { PlanColors, Rgb } from './theme';
import type { View } from './view';

export interface Renderer {
  setColors(colors: PlanColors): void;
  /** What seats are called is known now. */
  setNames(): void;
  setLook(seat: SeatNumber, look: number): void;
  /** The size of the drawing, in device pixels. */
  resize(width: number, height: number): void;
  /** @param pulse 0 to 1: how strongly seats are drawn that wait for an answer. */
  draw(view: View, pixelRatio: number, highlight: number | null, pulse: number): void;
}

/** No shape can be seen below this size in pixels: strength and size tell the statuses apart. */
const SHAPES_FROM_PX = 6.5;
/** Numbers are written on seats of this size. */
const NUMBERS_FROM_PX = 20;

/** A seat for the graphics card: x, y, colour with flags, and the characters of its number. */
const SEAT_BYTES = 16;

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
  #glyphs: Uint32Array;
  /** What goes to the graphics card for a picture: seats by shape. */
  readonly #floats: Float32Array<ArrayBuffer>;
  readonly #words: Uint32Array;
  #colors: PlanColors | undefined;
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

  setColors(colors: PlanColors): void {
    this.#colors = colors;
    const palette = colors.categories.map(packed);
    for (let seat = 0; seat < this.plan.size; seat++)
      this.#paints[seat] = palette[this.plan.category[seat]!]!;
    if (!this.#isLost) this.#paintSections(this.#gpu, colors);
  }

  setNames(): void {
    this.#glyphs = glyphsOf(this.plan);
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
        (plan.accessible[seat] === 1 ? ACCESSIBLE : 0) |
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
  #paintSections({ sections }: Gpu, colors: PlanColors): void {
    const { gl, plan } = this;
    const palette = colors.categories;
    const ofSections = new Uint8Array(sections.count * 4);
    sections.mesh.section.forEach((section, vertex) => {
      ofSections.set([...palette[plan.sections[section]!.category]!, 56], vertex * 4);
    });
    gl.bindBuffer(gl.ARRAY_BUFFER, sections.colors);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, ofSections);
  }
}

/** How strongly a seat is drawn (0 to 31, the highest five of eight bits); whether it pulses. */
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

function unit([red, green, blue]: Rgb): [number, number, number] {
  return [red / 255, green / 255, blue / 255];
}
