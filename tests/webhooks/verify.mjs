// Deliveries of ours, verified by the npm package standardwebhooks: alone, and in the receiver of
// docs/webhooks.md, which is compiled and run as it stands there. Whatever is changed is refused.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Server } from 'node:net';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

const deliveries = JSON.parse(process.env.ARENA_WEBHOOK_DELIVERIES);
const secret = process.env.ARENA_WEBHOOK_SECRET;
const kept = [];

/** What the receiver does with a message, which the document leaves out. */
globalThis.keep = async (id, message) => kept.push([id, message]);

/** Copies of a body, in each of which another byte is changed. */
function* changed(body) {
  for (const at of body.keys()) {
    const copy = Buffer.from(body);
    copy[at] ^= 1;
    yield copy;
  }
}

function verifyAlone({ headers, body }) {
  const bytes = Buffer.from(body);
  const webhook = new Webhook(secret);
  assert.deepEqual(webhook.verify(bytes, headers), JSON.parse(body));

  const refuses = (it, ...delivery) =>
    assert.throws(() => it.verify(...delivery), WebhookVerificationError);
  for (const other of changed(bytes)) refuses(webhook, other, headers);
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    // The second last of a signature, since the last of its digits has bits that are not used.
    const at = headers[name].length - (name === 'webhook-signature' ? 3 : 1);
    const digit = headers[name][at] === '1' ? '2' : '1';
    const text = headers[name].slice(0, at) + digit + headers[name].slice(at + 1);
    refuses(webhook, bytes, { ...headers, [name]: text });
  }
  refuses(new Webhook(Buffer.alloc(24).toString('base64')), bytes, headers);
}

/** Starts the document's receiver on a port that is free, whatever it asks for. */
async function receiver() {
  const document = readFileSync('../../docs/webhooks.md', 'utf8');
  const [, source] = /```ts\n(.*?)```/s.exec(document);
  mkdirSync('generated', { recursive: true });
  writeFileSync('generated/receiver.ts', source);
  execFileSync('node_modules/.bin/tsc', { stdio: 'inherit' });

  const { listen } = Server.prototype;
  const listening = new Promise((resolve) => {
    Server.prototype.listen = function () {
      return listen.call(this, 0, '127.0.0.1', () => resolve(this));
    };
  });
  await import('./generated/receiver.js');
  return listening;
}

async function verifyInReceiver(port) {
  const post = async (headers, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}/hooks/arena`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  for (const { headers, body } of deliveries) {
    const [other] = changed(Buffer.from(body));
    assert.equal(await post(headers, other), 500);
    assert.equal(await post(headers, body), 204);
  }
  const sent = deliveries.map(({ headers, body }) => [headers['webhook-id'], JSON.parse(body)]);
  assert.deepEqual(kept, sent);
}

assert.ok(deliveries.length > 0);
deliveries.forEach(verifyAlone);
// Without this, Express writes each refusal to the log.
process.env.NODE_ENV = 'test';
const server = await receiver();
await verifyInReceiver(server.address().port);
server.close();
server.closeAllConnections();
console.log(`verified: ${deliveries.length}`);
