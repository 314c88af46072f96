// Errors of fields: what a resolver cannot give. Their words are not compared.

import { GraphQLError } from 'graphql';

export function fail(message) {
  throw new GraphQLError(message);
}
