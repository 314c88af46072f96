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

/** It may be written as JSON may write it, in documents as well: 1, 1.0 and 1e0 are one number. */
const WHOLE_NUMBER = {
  parseValue: whole,
  parseLiteral(node) {
    const isNumber = node.kind === Kind.INT || node.kind === Kind.FLOAT;
    if (!isNumber) throw new GraphQLError('not a whole number', { nodes: node });
    return whole(Number(node.value));
  },
};

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function instant(value) {
  if (typeof value !== 'string' || !RFC_3339.test(value)) {
    throw new GraphQLError(`${value} is no instant`);
  }
  return value;
}

const INSTANT = {
  parseValue: instant,
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw new GraphQLError('not an instant', { nodes: node });
    return instant(node.value);
  },
};

export const scalars = { Revision: WHOLE_NUMBER, MinorUnits: WHOLE_NUMBER, DateTime: INSTANT };
