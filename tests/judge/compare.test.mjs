// The comparison itself: it finds what it is there for.

import assert from 'node:assert/strict';
import test from 'node:test';
import { difference, isSameText, membersOf } from './compare.mjs';
import { volatile } from './volatile.mjs';

const expected = (data, errors = [], mayFail = errors) => ({
  data: JSON.stringify(data),
  errors,
  mayFail,
});
const answer = (data, ...paths) =>
  JSON.stringify({ data, ...(paths.length > 0 && { errors: paths.map((path) => ({ path })) }) });

test('the same is the same, byte for byte', () => {
  const data = { a: [{ b: 'x"}]' }, null], c: 1.5 };
  assert.equal(difference(expected(data), answer(data)), null);
  const spaced = '{ "data" : {"a":[{"b":"x\\"}]"},null],"c":1.5} }';
  assert.equal(difference(expected(data), spaced), null);
});

test('other data is seen for what it is', () => {
  const data = { a: 1, b: { c: 2 } };
  const differs = (other) => difference(expected(data), answer(other));
  assert.equal(differs({ b: { c: 2 }, a: 1 }), 'another order of keys');
  assert.equal(differs({ a: 1 }), 'a key is missing');
  assert.equal(differs({ a: 1, b: { c: 2, d: 3 } }), 'a key too many');
  assert.equal(differs({ a: 1, b: null }), 'null in place of an object');
  assert.equal(differs({ a: 1, b: { c: 3 } }), 'a value in place of a value');
  const again = '{"data":{"a":1.0,"b":{"c":2}}}';
  assert.match(difference(expected(data), again), /^another way to write/);
  const twice = '{"data":{"a":1,"a":1,"b":{"c":2}}}';
  assert.match(difference(expected(data), twice), /^another way to write/);
});

test('a refusal is one without data', () => {
  const refusal = { refused: 'why' };
  assert.equal(difference(refusal, '{"errors":[{"message":"no"}]}'), null);
  assert.match(difference(refusal, answer(null, ['a'])), /^executed/);
  assert.match(difference(refusal, '{"errors":[]}'), /^refused without/);
  assert.match(difference(expected({}), '{"errors":[{"message":"no"}]}'), /^refused, though/);
  assert.equal(difference(expected({}), null), 'nothing is answered');
});

test('errors are told by their paths; of several that make one thing null, one is enough', () => {
  const data = { a: null, b: [1, null] };
  const errors = [
    ['a', 'x'],
    ['b', 1],
  ];
  const wanted = expected(data, errors, [...errors, ['a', 'y']]);
  assert.equal(difference(wanted, answer(data, ['b', 1], ['a', 'x'])), null);
  assert.equal(difference(wanted, answer(data, ['a', 'y'], ['b', 1])), null);
  assert.equal(difference(wanted, answer(data, ['a', 'y'], ['a', 'x'], ['b', 1])), null);
  for (const paths of [
    [['a', 'x']],
    [
      ['a', 'z'],
      ['b', 1],
    ],
    [...errors, ['c']],
    [],
  ]) {
    assert.match(difference(wanted, answer(data, ...paths)), /paths/, JSON.stringify(paths));
  }
});

test('what cannot be foretold is of its kind, and the same wherever it is the same', () => {
  const same = (made, actual) => isSameText(JSON.stringify(made), JSON.stringify(actual));
  const now = volatile('instant');
  assert.ok(same({ a: now, b: now }, { a: AT, b: AT }));
  assert.ok(!same({ a: now, b: now }, { a: AT, b: AT.replace('19', '20') }));
  assert.ok(!same({ a: now }, { a: 'soon' }));
  assert.ok(!same({ a: now }, { a: null }));
  const [one, other] = [volatile('token', 1), volatile('token', 2)];
  assert.ok(same([one, other], ['a.b.c', 'a.b.d']));
  assert.ok(!same([one, other], ['a.b.c', 'a.b.c']));
});

const AT = '2031-05-01T19:30:00.000000Z';

test('members are found as they are written', () => {
  const members = membersOf('{"a": "x,}\\"" , "b":[1, {"c":2}],"d":null}');
  assert.deepEqual(
    [...members],
    [
      ['a', '"x,}\\""'],
      ['b', '[1, {"c":2}]'],
      ['d', 'null'],
    ],
  );
  assert.throws(() => membersOf('{"a":1,"a":2}'), /twice/);
});
