// Queries and mutations: one POST each, asked again where asking again is the right thing to do.

import type { TypedDocumentString } from './generated/operations';

/** Beside the page, which may have a path of its own. */
const URL = 'graphql';

/** After this long a request counts as lost: the server gives up on its database sooner. */
const TIMEOUT_MS = 15_000;

/**
 * So often a request is made before a person is told. With the waits between, about ten seconds.
 */
const ATTEMPTS = 6;

/** Whoever is to wait for longer is told so instead: a seat should not be held by surprise. */
const LONGEST_WAIT_MS = 15_000;

/** What passes by itself, so that the same may be asked again. */
const PASSING: ReadonlySet<FaultCode> = new Set([
  'RATE_LIMITED',
  'OVERLOADED',
  'UNAVAILABLE',
  'UNREACHABLE',
]);

/** The server's `extensions.code`, or that it could not be reached. */
export type FaultCode =
  | 'UNREACHABLE'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'INTERNAL';

/** What goes wrong that is not an expected refusal: those are members of the answers' unions. */
export class Fault extends Error {
  constructor(
    readonly code: FaultCode,
    message: string,
    /** When the server wants to be asked again. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }

  /** The fault in the `errors` of an answer. */
  static of(errors: readonly GraphQLFault[]): Fault {
    const { message, extensions } = errors[0]!;
    return new Fault(
      (extensions?.['code'] as FaultCode) ?? 'INTERNAL',
      message,
      extensions?.['retryAfterMs'] as number | undefined,
    );
  }
}

/** An entry of `errors`, as any GraphQL client has it. */
export interface GraphQLFault {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Who is asking; see session.ts. */
export interface Credentials {
  /** The token that there is already. */
  known(): string | null;
  /**
   * A token that is good as far as one knows, which may have to be asked for; null where the server
   * gives out none.
   */
  token(onWait?: (fault: Fault) => void): Promise<string | null>;
  /** The server did not take this token. */
  reject(token: string | null): void;
}

export interface AskOptions {
  /** Without: in nobody's name, so that the answer can be everybody's. */
  credentials?: Credentials;
  /** Told before each wait, so that a person knows why it takes so long. */
  onWait?: ((fault: Fault) => void) | undefined;
}

/**
 * Asks, and asks the same again while the server is too busy, or has given us all that we may have
 * for now: after the time that it says.
 * The same while it cannot be reached or has lost its database: what we ask may all be repeated.
 * If the token is not good, asks once more with a new one.
 */
export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  { credentials, onWait }: AskOptions = {},
): Promise<Result> {
  let hadToken: string | null | undefined;
  for (let attempt = 1; ; attempt++) {
    const token = (await credentials?.token(onWait)) ?? null;
    try {
      return await post(document.toString(), variables, token);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'UNAUTHENTICATED' && credentials && hadToken === undefined) {
        credentials.reject((hadToken = token));
        continue;
      }
      const wait = error.retryAfterMs ?? 250 * 2 ** attempt;
      if (!PASSING.has(error.code) || attempt === ATTEMPTS || wait > LONGEST_WAIT_MS) throw error;
      onWait?.(error);
      // At least what the server says, and not everybody at once.
      await sleep(wait * (1 + Math.random() / 2));
    }
  }
}

/** A field that is null only where it failed; and then `ask` has thrown already. */
export function given<Field>(field: Field | null): Field {
  if (field === null) throw new Fault('INTERNAL', 'The server gave an answer without data.');
  return field;
}

async function post<Result>(
  query: string,
  variables: unknown,
  token: string | null,
): Promise<Result> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (token !== null) headers['Authorization'] = `Bearer ${token}`;
  const body = JSON.stringify({ query, variables });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return answer(fetch(URL, { method: 'POST', headers, body, signal }));
}

/** What a response says. Throws the fault that is in it. */
export async function answer<Result>(asked: Promise<Response>): Promise<Result> {
  let body: { data?: Result | null; errors?: GraphQLFault[] };
  try {
    body = await (await asked).json();
  } catch {
    // No answer, or not one of ours: a proxy's page.
    throw unreachable();
  }
  if (body.errors?.length) throw Fault.of(body.errors);
  if (!body.data) throw new Fault('INTERNAL', 'The server gave an answer without data.');
  return body.data;
}

export function unreachable(): Fault {
  return new Fault('UNREACHABLE', 'The server cannot be reached.');
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
