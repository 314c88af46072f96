// Small parts of WebGL: a program with its uniforms, and an attribute with its data.

export class Program {
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

export function attribute(
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
