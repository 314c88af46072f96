// The explorer's examples are good operations of the schema, with the variables that they ask for.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildSchema, parse, validate } from 'graphql';
import { EXAMPLES, type Lookup } from '../src/explorer/examples';

const schema = buildSchema(readFileSync('../schema.graphql', 'utf8'));

const lookup: Lookup = {
  event: async () => 'event',
  freeSeats: async () => ['one', 'two'],
  heldSeats: async () => ['one'],
  revision: async () => 1,
};

for (const { title, examples } of EXAMPLES) {
  for (const { name, document, variables } of examples) {
    test(`${title}: ${name}`, async () => {
      const parsed = parse(document);
      assert.deepEqual(validate(schema, parsed).map(String), []);
      const [operation] = parsed.definitions;
      assert.equal(operation?.kind, 'OperationDefinition');
      const declared = operation.variableDefinitions ?? [];
      const values = (await variables?.(lookup)) ?? {};
      const names = declared.map(({ variable }) => variable.name.value);
      for (const { type, variable } of declared) {
        assert.ok(
          type.kind !== 'NonNullType' || variable.name.value in values,
          `$${variable.name.value} has a value`,
        );
      }
      assert.deepEqual(
        Object.keys(values).filter((name) => !names.includes(name)),
        [],
      );
    });
  }
}
