// Documents drawn from the schema, and broken ones made of them: what the server answers is what
// graphql-js answers.

import assert from 'node:assert/strict';
import test from 'node:test';
import { forEach, schemaText } from './arena.mjs';
import { kindOf, told, tryOut } from './case.mjs';
import { NEEDED, coverage } from './coverage.mjs';
import { draw, written } from './documents.mjs';
import { executable } from './judge.mjs';
import { Random, seed } from './random.mjs';
import { shrink } from './shrink.mjs';
import { World } from './world.mjs';
import { textWrecks, variableWrecks, wrecks } from './wrecks.mjs';

const COUNT = Number(process.env.ARENA_JUDGED ?? 3000);

/** Who asks: those whom nobody's requests here concern. */
const WHO = ['alice', 'root', 'nobody'];

/** Of what matters there is more than this among as many documents. */
const FEW = 3;

/** As a share: documents that would change something, or whose answer cannot be foretold. */
const MOST_LEFT_OUT = 0.01;

/** How many faults of a kind are told, and how many kinds. */
const TOLD = 1;

function drawn(schema, worlds, index) {
  const random = new Random(seed, index);
  const request = draw(schema, random, worlds[random.one(WHO)]);
  const isBroken = index % 4 === 3;
  const isShort = random.percent(40);
  if (!isBroken) return written(request, isShort);
  const kind = random.below(10);
  if (kind === 0) {
    const { query, ...rest } = written(request, isShort);
    return { ...rest, query: random.one(Object.values(textWrecks))(query, random) };
  }
  if (kind === 1) {
    const wreck = random.one(Object.values(variableWrecks));
    return { ...written(request, isShort), variables: wreck(request.variables, random) };
  }
  const document = structuredClone(request.document);
  random.one(Object.values(wrecks))(document, random);
  return written({ ...request, document }, false);
}

test('a seed always draws the same documents', async () => {
  const schema = executable(schemaText);
  const world = await World.read(schema, 'alice');
  const texts = (...of) => JSON.stringify(written(draw(schema, new Random(...of), world)));
  assert.equal(texts('7', 1), texts('7', 1));
  assert.notEqual(texts('7', 1), texts('8', 1));
});

test('drawn documents are answered as the specification says', async () => {
  const schema = executable(schemaText);
  const people = await Promise.all(WHO.map((who) => World.read(schema, who)));
  const worlds = Object.fromEntries(people.map((world) => [world.who, world]));
  people.forEach((world) => (world.isShared = true));
  const requests = Array.from({ length: COUNT }, (_, index) => drawn(schema, worlds, index));
  const attempt = (request) => tryOut(schema, request, worlds[request.who]);
  const started = Date.now();
  const all = await forEach(requests, attempt);
  const outcomes = all.filter(({ expected }) => !expected.isLeftOut);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const counts = coverage(schema, outcomes);
  const refused = counts['a refusal'];
  console.log(`judged ${COUNT} drawn documents, ${refused} of them invalid, in ${seconds} s`);
  const byKind = new Map();
  for (const outcome of outcomes.filter(({ differs }) => differs)) {
    const kind = kindOf(schema, outcome);
    byKind.set(kind, [...(byKind.get(kind) ?? []), outcome]);
  }
  for (const [kind, found] of byKind) {
    console.log(`\n${found.length} × ${kind}`);
    const smallest = found.sort((a, b) => a.request.query.length - b.request.query.length);
    for (const { request } of smallest.slice(0, TOLD)) {
      const isStillWrong = async (smaller) => kindOf(schema, await attempt(smaller)) === kind;
      console.log(told(await attempt(await shrink(request, isStillWrong))));
    }
  }
  const most = COUNT * MOST_LEFT_OUT;
  assert.ok(all.length - outcomes.length <= most, 'too many are left out');
  for (const thing of NEEDED) {
    assert.ok(counts[thing] >= FEW, `too seldom: ${thing}, ${counts[thing] ?? 0} times`);
  }
  assert.equal(byKind.size, 0, `faults; for the same documents: ARENA_TEST_SEED=${seed} make test`);
});
