/** What `wasm-bindgen` writes into `npm/build`, as far as it is used here. */
declare module '*/steadfast_wasm_bg.js' {
  export class Machine {
    constructor(host: unknown, monotonic: number, wall: number);
    call(what: number, monotonic: number, wall: number): number;
    cursor(slot: number): void;
    drain(): number;
    event(
      monotonic: number, wall: number, link: number, slot: number, offset: number, flags: number, size: number,
    ): number;
    free(): void;
    live(slot: number): boolean;
    statistic(index: number): number;
  }
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}

/** The module, where the platform compiles it at deployment. */
declare module '*/core.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

/** The module as text, put in by the build. */
declare module '*/core.wasm?base64' {
  const base64: string;
  export default base64;
}
