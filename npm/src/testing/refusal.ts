import type { WireError } from './types.js';

/** What the server does not do, and says why. */
export class Refusal extends Error {
  readonly wire: WireError;

  constructor(code: string, message: string, retryable = false) {
    super(message);
    this.wire = { code, message, retryable };
  }
}

/** What was thrown, as a client is told it. */
export function wireError(thrown: unknown): WireError {
  if (thrown instanceof Refusal) return thrown.wire;
  const { code, message, retryable } = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Partial<WireError>;
  return {
    code: typeof code === 'string' ? code : 'internal',
    message: typeof message === 'string' ? message : String(thrown),
    retryable: typeof retryable === 'boolean' ? retryable : typeof code !== 'string',
  };
}

/** The topic is none that this user may use. */
export function forbidden(): Refusal {
  return new Refusal('forbidden', 'the token does not permit this topic; ask for one that does');
}
