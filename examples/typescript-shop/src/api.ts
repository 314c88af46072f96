// One question, one POST. Whatever comes back without `errors` has the types of its document.

import type { TypedDocumentString } from './generated/graphql.js';

export const API = process.env['ARENA_URL'] ?? 'http://127.0.0.1:8080/graphql';

/** After this long an answer counts as lost: the server gives up on its database sooner. */
const TIMEOUT_MS = 15_000;

/** How often a question is asked before somebody is told. */
const ATTEMPTS = 5;

/** An entry of `errors`. */
interface GraphQLFault {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly retryAfterMs?: number };
}

/** What is no answer: the README of the server lists the codes. Refusals are none of these. */
export class Fault extends Error {
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, retryAfterMs?: number) {
    super(`${code}: ${message}`);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  static of(errors: readonly unknown[]): Fault {
    const { message, extensions } = errors[0] as GraphQLFault;
    return new Fault(extensions?.code ?? 'INTERNAL', message, extensions?.retryAfterMs);
  }
}

/**
 * Asks, and asks again while the server has too much to do or cannot be reached.
 *
 * What this shop asks may all be repeated: seats that I hold already are held, and a purchase has
 * its key. After a lost answer that is the only way to learn what came of it.
 */
export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  token?: string,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await post(document, variables, token);
    } catch (error) {
      const passing = ['RATE_LIMITED', 'OVERLOADED', 'UNAVAILABLE', 'UNREACHABLE'];
      const mayPass = error instanceof Fault && passing.includes(error.code);
      if (!mayPass || attempt === ATTEMPTS) throw error;
      // Not before the server wants to be asked, and not together with everybody else.
      await sleep((error.retryAfterMs ?? 200 * 2 ** attempt) * (1 + Math.random() / 2));
    }
  }
}

async function post<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  token: string | undefined,
): Promise<Result> {
  let answer: { data?: Result | null; errors?: GraphQLFault[] };
  try {
    const response = await fetch(API, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = (await response.json()) as typeof answer;
  } catch (error) {
    // Nobody there, or somebody else: a proxy's page is no JSON.
    throw new Fault('UNREACHABLE', String(error));
  }
  if (answer.errors?.length) throw Fault.of(answer.errors);
  if (!answer.data) throw new Fault('INTERNAL', 'an answer without data');
  return answer.data;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
