import module from './core.wasm';
import { create } from './client.js';
import { load } from './core/load.js';
import type { Client, ClientOptions, EventMap, WasmSource } from './types.js';

export { SteadfastError } from './error.js';
export type * from './maps.js';
export type * from './types.js';

/** Makes a client, and connects it unless `autoConnect` is false. The WebAssembly module is set up when it is first needed. */
export function createClient<Events extends EventMap = Record<string, unknown>>(options: ClientOptions): Client<Events> {
  return create(options, source) as unknown as Client<Events>;
}

/** Sets the WebAssembly module up ahead of time, or another than the package's own; once for all clients. */
export async function init({ wasm }: { wasm?: WasmSource } = {}): Promise<void> {
  await load(wasm, source);
}

function source(): WasmSource {
  return module;
}
