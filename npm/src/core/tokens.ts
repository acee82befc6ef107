import type { ClientOptions } from '../types.js';

/** What became of a request for a token. */
export type TokenOutcome =
  | { readonly token: string; readonly expiresIn: number }
  | { readonly failed: string; readonly retryable: boolean };

/** Asks the application for tokens. At most one request at a time is waited for. */
export interface Tokens {
  ask(request: number, renew: boolean): void;
  /** No longer waits, and says so by the request's signal. */
  abort(): void;
}

/** How long an answer is waited for; the machine goes by the same time. */
const PATIENCE = 30_000;

/** Makes requests to `getToken`, whatever it may do: throw, reject, give garbage, or never answer. */
export function openTokens(
  getToken: ClientOptions['getToken'], told: (request: number, outcome: TokenOutcome) => void,
): Tokens {
  let abort = () => {};

  const get = async (renew: boolean, signal: AbortSignal): Promise<TokenOutcome> => {
    const answer: unknown = await getToken({ renew, signal });
    const given = typeof answer === 'string' ? { token: answer } : answer as { token?: unknown; expiresIn?: unknown } | null | undefined;
    const { token, expiresIn = -1 } = given ?? {};
    if (typeof token !== 'string' || !token || typeof expiresIn !== 'number') {
      return { failed: 'getToken must give a text, or { token, expiresIn } with milliseconds', retryable: true };
    }
    return { token, expiresIn: Math.floor(expiresIn) };
  };

  return {
    ask(request, renew) {
      abort();
      const controller = new AbortController();
      const { signal } = controller;
      const timer = setTimeout(() => {
        if (!signal.aborted) told(request, { failed: `getToken gave no answer in ${PATIENCE / 1_000} s`, retryable: true });
        controller.abort();
      }, PATIENCE);
      abort = () => {
        clearTimeout(timer);
        controller.abort();
      };
      get(renew, signal)
        .catch((error: unknown): TokenOutcome => ({
          failed: `getToken failed: ${(error as Error | undefined)?.message ?? error}`,
          retryable: (error as { retryable?: unknown } | undefined)?.retryable !== false,
        }))
        .then((outcome) => {
          if (signal.aborted) return;
          clearTimeout(timer);
          told(request, outcome);
        });
    },
    abort: () => abort(),
  };
}
