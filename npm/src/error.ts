import type { ErrorCode, SteadfastError as Face } from './types.js';

/** Every error that the client throws or rejects with: what happened, and what to do. */
export class SteadfastError extends Error implements Face {
  override readonly name = 'SteadfastError';
  declare readonly code: ErrorCode;
  declare readonly retryable: boolean;
  declare readonly mayHaveTakenEffect: boolean;

  constructor(code: ErrorCode, message: string, retryable = false, mayHaveTakenEffect = false) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.mayHaveTakenEffect = mayHaveTakenEffect;
  }
}
