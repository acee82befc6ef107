import type { Client, EventMap } from '../types.js';
import { createPlain } from './client.js';
import type { PlainClientOptions } from './options.js';

export type { Dialect } from './dialect.js';
export { topicOfType } from './options.js';
export type { PlainClientOptions } from './options.js';

/**
 * Makes a client of a server that does not speak `steadfast.v1`, but plain JSON as ADR-006 (`nested`) or ADR-010 (`flat`)
 * say. It is a {@link Client} to hooks and components, with what such a server can keep of its promises:
 *
 * - It reconnects with backoff and jitter, and notices a dead link once the server has answered a heartbeat.
 * - Nothing is resumed: after every reconnect each topic is told a gap, with the reason `not_resumed`.
 * - A message names no topic: `topicOf` says it by the type. `kpis` with `keys` asks for those sites alone.
 * - `send` and `request` write a message, and nobody answers: `request` resolves when it is written, and rejects with
 *   `unavailable` while there is no connection. Nothing is kept for later.
 * - `publish` and `acknowledge` reject with `unsupported`, `history` and `cursor` do nothing, and there is no polling.
 */
export function createPlainClient<Events extends EventMap = Record<string, unknown>>(options: PlainClientOptions): Client<Events> {
  return createPlain(options) as unknown as Client<Events>;
}
