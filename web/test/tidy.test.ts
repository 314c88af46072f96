// Rules about the text of the pages themselves; tests/tidy has those of the rest.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import test from 'node:test';
import { parsers } from 'prettier/plugins/typescript';

const MAX_LINES = 70;

// What a generator has written is left as it is.
const NOT_OURS = ['node_modules', 'dist', 'dist-test', 'generated', '__generated__'];

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return NOT_OURS.includes(entry.name) ? [] : sources(path);
    }
    return /\.(ts|tsx|mjs)$/.test(entry.name) ? [path] : [];
  });
}

// What of ESTree's nodes is looked at.
interface Node {
  type: string;
  loc: { start: { line: number }; end: { line: number } };
  source?: { value: unknown } | null;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'loc' in value;

/** Every node of a file. */
function nodes(path: string): Node[] {
  const text = readFileSync(path, 'utf8');
  const options = { filepath: path } as Parameters<typeof parsers.typescript.parse>[1];
  const found: Node[] = [];
  const look = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(look);
    } else if (isNode(value)) {
      found.push(value);
      Object.values(value).forEach(look);
    }
  };
  look(parsers.typescript.parse(text, options));
  return found;
}

/** Functions of every kind that have too many lines. */
function longFunctions(path: string): string[] {
  const kind = /Function(Declaration|Expression)$/;
  const functions = nodes(path).filter(({ type }) => kind.test(type));
  return functions.flatMap(({ loc: { start, end } }) => {
    const lines = end.line - start.line + 1;
    return lines > MAX_LINES ? [`${relative(web, path)}:${start.line}: ${lines} lines`] : [];
  });
}

/** The files of ours that a file imports, types included. */
function imports(path: string, known: Set<string>): string[] {
  return nodes(path).flatMap(({ type, source }) => {
    const name = /^(Import|Export)/.test(type) ? source?.value : undefined;
    if (typeof name !== 'string' || !name.startsWith('.')) {
      return [];
    }
    const target = normalize(join(dirname(path), name)).replace(/\.js$/, '');
    return [target, `${target}.ts`, `${target}.tsx`].filter((file) => known.has(file));
  });
}

/** A way from a file back to itself. */
function circle(start: string, graph: Map<string, string[]>): string[] | undefined {
  const seen = new Set<string>();
  const ways = [[start]];
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const next of graph.get(way.at(-1)!) ?? []) {
      if (next === start) {
        return [...way, next];
      }
      if (!seen.has(next)) {
        seen.add(next);
        ways.push([...way, next]);
      }
    }
  }
  return undefined;
}

const web = process.cwd();
const tests = ['browser', 'clients', 'judge', 'webhooks'].map((name) => join('tests', name));
const others = ['examples', ...tests].map((folder) => join(web, '..', folder));

test('functions have at most 70 lines', () => {
  const files = [web, ...others].flatMap(sources);
  assert.ok(files.length > 30, 'the sources are found');
  assert.deepEqual(files.flatMap(longFunctions), [], 'split these by idea');
});

test('no import of the pages goes in a circle', () => {
  const files = sources(join(web, 'src'));
  const known = new Set(files);
  const graph = new Map(files.map((file) => [file, imports(file, known)]));
  const circles = files.map((file) => circle(file, graph)).filter((way) => way !== undefined);
  const named = circles.map((way) => way.map((file) => relative(web, file)).join(' → '));
  assert.deepEqual(named, [], 'what these share belongs in a file of its own');
});
