// Cases that are written down: each says whether it is to be executed, and the judge what is to be
// answered.

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { EVERYBODY, schemaText } from './arena.mjs';
import { told, tryOut } from './case.mjs';
import { isSameText } from './compare.mjs';
import { executable } from './judge.mjs';
import { World } from './world.mjs';
import { requestOf } from './written/cases.mjs';
import { changes } from './written/changes.mjs';
import { execution } from './written/execution.mjs';
import { introspection } from './written/introspection.mjs';
import { mutations } from './written/mutations.mjs';
import { subscriptions } from './written/subscriptions.mjs';
import { text } from './written/text.mjs';
import { validation } from './written/validation.mjs';
import { variables } from './written/variables.mjs';

const schema = executable(schemaText);
const worlds = Object.fromEntries(
  await Promise.all(EVERYBODY.map(async (who) => [who, await World.read(schema, who)])),
);

async function check(written, world) {
  const outcome = await tryOut(schema, requestOf(written, world), world);
  const { expected, differs } = outcome;
  assert.equal(!expected.refused, written.isValid, `the case is not as it says: ${told(outcome)}`);
  if (written.data) assert.ok(isSameText(expected.data, written.data), told(outcome));
  assert.equal(differs, null, told(outcome));
}

const SUBJECTS = {
  execution,
  validation,
  variables,
  text,
  introspection,
  mutations,
  subscriptions,
};

for (const [subject, cases] of Object.entries(SUBJECTS)) {
  describe(subject, () => {
    for (const written of cases) {
      test(written.name, () => check(written, worlds[written.who ?? 'alice']));
    }
  });
}

describe('changes', () => {
  for (const written of changes) {
    test(written.name, async () => check(written, await World.read(schema, 'alice')));
  }
});
