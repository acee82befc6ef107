import { createClient } from '../index.js';
import type { Client, ClientOptions } from '../types.js';

/**
 * One client for as long as somebody uses it. It is closed a macrotask after the last user has gone, so that strict mode
 * and hot reload, which leave and come back at once, keep their connection; who comes later gets a new one.
 */
export class Holder {
  #client: Client | null = null;
  #users = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #listeners = new Set<() => void>();

  constructor(public options: ClientOptions) {}

  /** The client; made when first asked for, and not connected before somebody uses it. */
  readonly client = (): Client => {
    // The token is asked of the newest options: an inline `getToken` is another one with each render.
    this.#client ??= createClient({ ...this.options, getToken: (request) => this.options.getToken(request), autoConnect: false });
    return this.#client;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Uses the client, and connects it if it is to connect by itself; gives what ends the use. */
  retain(): () => void {
    clearTimeout(this.#idle);
    const made = this.#client === null;
    this.#users += 1;
    if (this.options.autoConnect !== false) this.client().connect();
    if (made) this.#listeners.forEach((listener) => listener());
    return () => {
      this.#users -= 1;
      if (this.#users === 0) this.#idle = setTimeout(() => this.#close());
    };
  }

  #close(): void {
    if (this.#users > 0) return;
    this.#client?.close();
    this.#client = null;
  }
}
