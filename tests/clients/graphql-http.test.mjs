// GraphQL over HTTP: the audits of the reference implementation.

import assert from 'node:assert/strict';
import test from 'node:test';
import { serverAudits } from 'graphql-http';
import { url } from './arena.mjs';

/** As many as there are in the version in package.json, so that none gets lost. */
const AUDITS = 61;

const audits = serverAudits({ url });

test('there are all audits', () => assert.equal(audits.length, AUDITS));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const { status, reason, response } = await audit.fn();
    const body = response?.clone().text();
    const answer = await body?.catch(() => '');
    assert.equal(status, 'ok', `${reason}: ${response?.status} ${answer}`);
  });
}
