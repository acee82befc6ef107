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
