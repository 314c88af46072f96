// The contract's own scalars, as schema.graphql describes them.

import { GraphQLError, Kind } from 'graphql';

const MAX = Number.MAX_SAFE_INTEGER;

/** A whole number from 0 to 2^53 - 1. */
function whole(value) {
  if (!Number.isInteger(value) || value < 0 || value > MAX) {
    throw new GraphQLError(`${value} is not a whole number from 0 to ${MAX}`);
  }
  return value;
}

/** In a document it is written as a whole number; in variables JSON has one kind of number. */
const WHOLE_NUMBER = {
  parseValue: whole,
  parseLiteral(node) {
    if (node.kind !== Kind.INT) throw new GraphQLError('not a whole number', { nodes: node });
    return whole(Number(node.value));
  },
};

/** Only given out. */
const INSTANT = {
  parseValue(value) {
    throw new GraphQLError(`${value} is not taken`);
  },
};

export const scalars = { Revision: WHOLE_NUMBER, MinorUnits: WHOLE_NUMBER, DateTime: INSTANT };
