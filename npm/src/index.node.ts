import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { create } from './client.js';
import { load } from './core/load.js';
import type { Client, ClientOptions, EventMap, WasmSource } from './types.js';

export { SteadfastError } from './error.js';
export type * from './maps.js';
export type * from './types.js';

/** Makes a client, and connects it unless `autoConnect` is false. The WebAssembly module is fetched when it is first needed. */
export function createClient<Events extends EventMap = Record<string, unknown>>(options: ClientOptions): Client<Events> {
  return create(options, source) as unknown as Client<Events>;
}

/** Fetches the WebAssembly module ahead of time, or from elsewhere; once for all clients. Needed for neither. */
export async function init({ wasm }: { wasm?: WasmSource } = {}): Promise<void> {
  await load(wasm, source);
}

function source(): Promise<WasmSource> {
  // By path: `fetch` does not read files here.
  return readFile(join(dirname(fileURLToPath(import.meta.url)), 'core.wasm'));
}
