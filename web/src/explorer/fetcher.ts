// How operations reach the server: queries and mutations by POST, subscriptions over a WebSocket of
// their own. Each carries the token that is set at that moment, unless the headers of its tab say
// otherwise.

import { createClient } from 'graphql-ws';
import type { ExecutionResult } from 'graphql';
import type { Fetcher, FetcherParams, Observable } from '@graphiql/toolkit';
import { currentToken } from './token';

type Headers = Record<string, string>;

interface Observer {
  next(result: ExecutionResult): void;
  error(cause: unknown): void;
  complete(): void;
}

/** The API, beside this page. */
const ENDPOINT = new URL('graphql', window.location.href);

export const fetcher: Fetcher = (operation, options) => {
  const headers: Headers = { ...options?.headers };
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  // The schema is everybody's: a token that is no good should not hide it.
  const isIntrospection = operation.operationName === 'IntrospectionQuery';
  if (currentToken() && !isIntrospection && !names.includes('authorization')) {
    headers.Authorization = `Bearer ${currentToken()}`;
  }
  const definitions = options?.documentAST?.definitions ?? [];
  const isSubscription = definitions.some(
    (definition) =>
      definition.kind === 'OperationDefinition' &&
      definition.operation === 'subscription' &&
      (!operation.operationName || definition.name?.value === operation.operationName),
  );
  return isSubscription ? subscribe(operation, headers) : send(operation, headers);
};

/** Asks once. */
export async function send(
  operation: FetcherParams,
  headers: Headers = {},
): Promise<ExecutionResult<any>> {
  const accept = 'application/graphql-response+json, application/json';
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: accept, ...headers },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  try {
    return JSON.parse(text) as ExecutionResult<any>;
  } catch {
    throw new Error(`The server answered ${response.status}: ${text}`);
  }
}

function subscribe(operation: FetcherParams, headers: Headers): Observable<ExecutionResult> {
  const url = new URL(ENDPOINT);
  url.protocol = url.protocol.replace('http', 'ws');
  // Not tried again: what happens to the connection is shown. It ends with its only subscription.
  const client = createClient({ url: url.href, connectionParams: headers, retryAttempts: 0 });
  return {
    subscribe({ next, error, complete }: Observer) {
      const failed = (cause: unknown) => {
        const isClose = cause instanceof CloseEvent;
        error(
          isClose ? new Error(`The connection was closed: ${cause.code} ${cause.reason}`) : cause,
        );
      };
      const { query, variables, operationName } = operation;
      const unsubscribe = client.subscribe(
        { query, variables, operationName },
        { next: (result) => next(result as ExecutionResult), error: failed, complete },
      );
      return { unsubscribe };
    },
    // GraphiQL subscribes with an observer; the type offers functions, too.
  } as Observable<ExecutionResult>;
}
