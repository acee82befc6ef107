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
  if (typeof WebAssembly === 'undefined') {
    throw new SteadfastError('wasm_blocked', 'WebAssembly is switched off here (a hardened browser?); allow it for this site');
  }
  const given = wasm ?? await source();
  return given instanceof WebAssembly.Module ? given : compile(await bytesOf(given as ArrayBuffer));
}

async function bytesOf(source: string | URL | ArrayBuffer | ArrayBufferView): Promise<Uint8Array> {
  const bytes = bytesIn(source);
  if (bytes) return bytes;
  const response = await fetch(source as string | URL).catch((error: unknown) => unavailable(`${source} could not be fetched (${error})`));
  if (!response.ok) unavailable(`${source} was answered with ${response.status}`);
  const served = new Uint8Array(await response.arrayBuffer());
  if (served[0] !== 0 || served[1] !== 0x61) {
    unavailable(`${source} was answered with something else (${response.headers.get('content-type')})`);
  }
  return served;
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (error) {
    try {
      // The smallest module there is: if it is refused too, the fault is not in ours.
      await WebAssembly.compile(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    } catch {
      throw new SteadfastError('wasm_blocked', "the page's Content-Security-Policy forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src");
    }
    return unavailable(`it cannot be compiled (${error})`);
  }
}

function unavailable(what: string): never {
  throw new SteadfastError(
    'wasm_unavailable', `the WebAssembly module is not to be had: ${what}; serve core.wasm beside the script, give its place as \`wasm\`, or import "steadfast/inline"`, true,
  );
}
