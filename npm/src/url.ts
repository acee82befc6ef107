import { SteadfastError } from './error.js';

/** What follows the `http` or `ws` of an address without user, password, query and fragment. */
const SERVER = /^(?:http|ws)(s?:\/\/[^/@]+\/[^?#]*)\??#?$/;

/**
 * The server that an option names, by a whole address or a path on the page's own origin: what `http` and `ws` are to be put
 * before and a path behind, `s://host/prefix`.
 */
export function serverOf(text: string): string {
  try {
    const [, server] = SERVER.exec(new URL(text, globalThis.location?.href).href) as unknown as [string, string];
    return server.replace(/\/+$/, '');
  } catch {
    // It may hold a secret, so it is not repeated.
    throw new SteadfastError(
      'bad_url', '`url` must be https://host[:port][/prefix], or in a page a path, with no user, password, query or fragment',
    );
  }
}

/**
 * Refuses an option that names no server. Not yet where a server renders the page, and a path has no origin: a client that is made
 * there does not connect.
 */
export function mustBeServer(text: string, autoConnect = true): void {
  if (autoConnect || globalThis.location || text[0] !== '/') serverOf(text);
}
