import { bytesIn } from '../bytes.js';
import { SteadfastError } from '../error.js';
import type { WasmSource } from '../types.js';

let loading: Promise<WebAssembly.Module> | undefined;

/** Loads the module once for all clients, from where it is given or from `source`. A failure is not kept: the next call tries again. */
export function load(given: WasmSource | undefined, source: () => WasmSource | Promise<WasmSource>): Promise<WebAssembly.Module> {
  loading ??= moduleOf(given, source).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function moduleOf(wasm: WasmSource | undefined, source: () => WasmSource | Promise<WasmSource>): Promise<WebAssembly.Module> {
  if (!globalThis.WebAssembly) {
    throw new SteadfastError('wasm_blocked', 'WebAssembly is switched off here; allow it for this site');
  }
  const given = wasm ?? await source();
  return given instanceof WebAssembly.Module ? given : compile(bytesIn(given) ?? await fetched(given as string | URL));
}

async function fetched(place: string | URL): Promise<Uint8Array> {
  let gave: unknown;
  try {
    const response = await fetch(place);
    const bytes = new Uint8Array(await response.arrayBuffer());
    // No text begins with zero.
    if (response.ok && bytes[0] === 0) return bytes;
    gave = response.ok ? response.headers.get('Content-Type') : response.status;
  } catch (error) {
    gave = error;
  }
  throw unavailable(`${place} gave ${gave}`);
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (error) {
    // The smallest module there is: if it is refused too, the fault is not in ours.
    await WebAssembly.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])).catch(() => {
      throw new SteadfastError('wasm_blocked', "the page's Content-Security-Policy forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src");
    });
    throw unavailable(`it cannot be compiled (${error})`);
  }
}

function unavailable(what: string): SteadfastError {
  return new SteadfastError(
    'wasm_unavailable', `there is no WebAssembly module: ${what}; serve core.wasm beside the script, give its place as \`wasm\`, or import "steadfast/inline"`, true,
  );
}
