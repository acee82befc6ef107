import type { ClientOptions } from '../types.js';

/** What became of a request for a token: no failure and the token, or what failed and whether asking again may help. */
export type TokenOutcome =
  | [failure: undefined, token: string, expiresIn: number]
  | [failure: string, retryable: boolean, expiresIn?: undefined];

/** Asks the application for tokens. At most one request at a time is waited for. */
export interface Tokens {
  ask(request: number, renew: boolean): void;
  /** No longer waits, and says so by the request's signal. */
  abort(): void;
}

/** How long an answer is waited for, in seconds; the machine goes by the same time. */
const PATIENCE = 30;

/** Makes requests to `getToken`, whatever it may do: throw, reject, give garbage, or never answer. */
export function openTokens(
  getToken: ClientOptions['getToken'], told: (request: number, ...outcome: TokenOutcome) => void,
): Tokens {
  let abort = () => {};

  const get = async (renew: boolean, signal: AbortSignal): Promise<TokenOutcome> => {
    const answer: unknown = await getToken({ renew, signal });
    const given = typeof answer === 'string' ? { token: answer } : answer as { token?: unknown; expiresIn?: unknown } | null | undefined;
    const { token, expiresIn = -1 } = given ?? {};
    if (typeof token !== 'string' || !token || typeof expiresIn !== 'number') {
      throw new TypeError('it must give a text, or { token, expiresIn } with milliseconds');
    }
    return [undefined, token, Math.floor(expiresIn)];
  };

  return {
    ask(request, renew) {
      abort();
      const controller = new AbortController();
      const { signal } = controller;
      const tell = (outcome: TokenOutcome) => {
        if (signal.aborted) return;
        clearTimeout(timer);
        told(request, ...outcome);
      };
      const timer = setTimeout(() => {
        tell([`getToken failed: no answer in ${PATIENCE} s`, true]);
        controller.abort();
      }, PATIENCE * 1_000);
      abort = () => {
        clearTimeout(timer);
        controller.abort();
      };
      get(renew, signal).then(
        tell,
        (error: { message?: unknown; retryable?: unknown } | undefined) =>
          tell([`getToken failed: ${error?.message ?? error}`, error?.retryable !== false]),
      );
    },
    abort: () => abort(),
  };
}
