// Builds dist/: each page of the project with its scripts and styles. Their names change with their
// content, so that they can be cached for good. Each file has a copy as browsers like it best
// (Brotli, gzip), made once, here.
//
// What a page's head begins with is in the page itself (`<script src="…" inline>`): its hash goes
// beside the page, for the policy that the server sends with it.
//
//   node build.mjs           builds for production
//   node build.mjs --watch   builds without squeezing, and again whenever something changes
//   node build.mjs --test    builds test/ for Node's test runner, into dist-test/

import { createHash } from 'node:crypto';
import { readFile, rm, mkdir, writeFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import * as esbuild from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
const PAGES = ['index.html', 'playground.html'];

/** What a page may weigh in Brotli: HTML and everything that it loads before it is ready. */
const BUDGET_BYTES = { 'index.html': 36_000 };

/** Files that shrink when they are compressed. */
const TEXT = /\.(html|js|css|svg|json|ttf)$/;

/** A script that stands in the page itself. */
const INLINE = /<script src="([^"]+)" inline><\/script>/;

/** The painter's script is one file: it is waited for, and shares little with the page. */
const WHOLE = ['src/painter.worker.ts'];

/** What a page refers to with a path of ours: `src="src/main.ts"`. */
const REFERENCE = /(?<=\s(?:src|href)=")(?!\/|https?:|data:|#)([^"]+)(?=")/g;

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

const pages = PAGES.filter((page) => existsSync(join(HERE, page)));
const watch = process.argv.includes('--watch');

/** @type {esbuild.BuildOptions} */
const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  format: 'esm',
  target: ['es2022', 'chrome108', 'firefox115', 'safari16.4'],
  logLevel: 'warning',
  // What licences want to be kept goes beside each file.
  legalComments: 'linked',
};

if (process.argv.includes('--test')) {
  const tests = (await readdir(join(HERE, 'test'))).filter((name) => name.endsWith('.test.ts'));
  await rm(join(HERE, 'dist-test'), { recursive: true, force: true });
  await esbuild.build({
    ...COMMON,
    entryPoints: tests.map((name) => join('test', name)),
    outdir: 'dist-test',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
  });
} else {
  const html = new Map();
  for (const page of pages) html.set(page, await readFile(join(HERE, page), 'utf8'));
  const references = (text) => text.replace(INLINE, '').match(REFERENCE) ?? [];
  const entries = new Set([...html.values()].flatMap(references));
  /** @type {esbuild.BuildOptions} */
  const options = {
    ...COMMON,
    entryPoints: [...entries].filter((entry) => !WHOLE.includes(entry)),
    outdir: 'dist/assets',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.svg': 'copy', '.woff2': 'copy', '.ttf': 'copy' },
    splitting: true,
    minify: !watch,
    sourcemap: watch && 'linked',
    metafile: true,
    plugins: [
      {
        // Monaco's modules import their styles one by one; GraphiQL's style sheet has them all.
        name: 'styles of Monaco',
        setup: (build) =>
          build.onLoad({ filter: /monaco-editor.*\.css$/ }, () => ({
            contents: '',
            loader: 'empty',
          })),
      },
      {
        name: 'pages',
        setup: (build) => build.onEnd((result) => result.metafile && finish(result.metafile)),
      },
    ],
  };

  /** Puts a page's own script where the page has it. */
  const embed = async (page, text) => {
    const [element, path] = text.match(INLINE) ?? [];
    if (!path) return text;
    const minify = !watch;
    const { outputFiles } = await esbuild.build({
      ...COMMON,
      entryPoints: [path],
      format: 'iife',
      legalComments: 'none',
      minify,
      write: false,
    });
    const script = outputFiles[0].text.trim();
    const hash = createHash('sha256').update(script).digest('base64');
    await writeFile(join(DIST, `${page}.policy`), `'sha256-${hash}'`);
    return text.replace(element, () => `<script>${script}</script>`);
  };

  /** What scripts import is asked for with them, and not once they are there. */
  const preload = (text, metafile, built) => {
    const links = (path) => {
      const { imports } = metafile.outputs[join('dist', built.get(path))];
      return imports
        .filter(({ kind }) => kind === 'import-statement')
        .map(({ path }) => `<link rel="modulepreload" href="${relative('dist', path)}">\n`);
    };
    return text.replace(/<script type="module" src="([^"]+)">/, (script, path) =>
      [...links(path), script].join(''),
    );
  };

  const finish = async (parts) => {
    const whole = await esbuild.build({
      ...options,
      entryPoints: WHOLE,
      splitting: false,
      plugins: [],
    });
    const metafile = { outputs: { ...parts.outputs, ...whole.metafile.outputs } };
    /** Path in the project → path on the server, beside the pages: they may share their host. */
    const built = new Map();
    for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
      if (entryPoint) built.set(entryPoint, relative('dist', file));
    }
    for (const [page, text] of html) {
      const [element] = text.match(INLINE) ?? [];
      const linked = preload(text, metafile, built)
        .split(element)
        .map((part) => part.replace(REFERENCE, (path) => built.get(path) ?? path))
        .join(element);
      await writeFile(join(DIST, page), await embed(page, linked));
    }
    if (!watch) await squeeze(metafile, built);
  };

  await rm(DIST, { recursive: true, force: true });
  await mkdir(DIST, { recursive: true });
  if (watch) await (await esbuild.context(options)).watch();
  else await esbuild.build(options);

  async function squeeze(metafile, built) {
    const weights = new Map();
    const files = [
      ...html.keys(),
      ...Object.keys(metafile.outputs).map((file) => relative('dist', file)),
    ];
    await Promise.all(
      files.map(async (file) => {
        const bytes = await readFile(join(DIST, file));
        if (!TEXT.test(file)) return weights.set(file, bytes.length);
        const params = { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        const [br, gz] = await Promise.all([brotli(bytes, { params }), gzip(bytes, { level: 9 })]);
        await Promise.all([
          writeFile(join(DIST, `${file}.br`), br),
          writeFile(join(DIST, `${file}.gz`), gz),
        ]);
        return weights.set(file, br.length);
      }),
    );
    for (const [page, text] of html) {
      const loaded = new Set();
      const load = (file) => {
        if (loaded.has(file)) return;
        loaded.add(file);
        for (const { path, kind } of metafile.outputs[join('dist', file)].imports) {
          if (kind === 'import-statement') load(relative('dist', path));
        }
      };
      for (const path of references(text)) load(built.get(path));
      const total =
        weights.get(page) + [...loaded].reduce((sum, file) => sum + weights.get(file), 0);
      const budget = BUDGET_BYTES[page];
      const limit = budget ? ` of at most ${kilobytes(budget)}` : '';
      console.log(`${page}: ${kilobytes(total)}${limit} on the wire, in ${loaded.size + 1} files`);
      for (const file of loaded) console.log(`  ${basename(file)} ${kilobytes(weights.get(file))}`);
      if (total > budget) {
        console.error(
          `${page} is too heavy: make it lighter, or raise BUDGET_BYTES in build.mjs and say why`,
        );
        process.exitCode = 1;
      }
    }
  }
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
