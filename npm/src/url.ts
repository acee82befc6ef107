import { SteadfastError } from './error.js';

/** A server as an option names it. */
export interface Server {
  /** What makes `http` and `ws` the safe ones. */
  readonly secure: '' | 's';
  /** Host, port and prefix. */
  readonly place: string;
}

/** Takes an option apart: a whole address, or a path on the page's own origin. */
export function serverOf(text: string): Server {
  let url: URL;
  try {
    url = new URL(text, globalThis.location?.href);
  } catch {
    // It may hold a secret, so it is not repeated.
    throw new SteadfastError('bad_url', '`url` is no URL; give https://host[:port][/prefix], or in a page a path on its own origin');
  }
  if (!/^(http|ws)s?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new SteadfastError('bad_url', '`url` must be https://host[:port][/prefix] with no user, password, query or fragment');
  }
  return { secure: /s:$/.test(url.protocol) ? 's' : '', place: url.host + url.pathname.replace(/\/+$/, '') };
}

/**
 * Whether an option is not to be taken apart yet: a path has no origin where a server renders the page, and a client that is made
 * there does not connect.
 */
export function awaitsPage(text: string, autoConnect = true): boolean {
  return !autoConnect && !globalThis.location && text.startsWith('/');
}
