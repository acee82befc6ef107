#!/usr/bin/env -S node --no-warnings
// Runs a test program built for wasm32-wasip1: `wasi-runner.mjs PROGRAM.wasm ARGUMENTS…`.
// Cargo starts it in the package's folder; the program may read there and in the workspace.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exit, argv, cwd, env, versions } from 'node:process';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
if (Number(versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(`This needs Node ${OLDEST_NODE} or newer; this is ${versions.node}.`);
  exit(1);
}

const [program, ...rest] = argv.slice(2);
if (program === undefined) {
  console.error('Name the .wasm file to run.');
  exit(2);
}

const workspace = dirname(dirname(fileURLToPath(import.meta.url)));
const { WASI } = await import('node:wasi');
const wasi = new WASI({
  version: 'preview1',
  args: [program, ...rest],
  env,
  preopens: { '.': cwd(), [workspace]: workspace },
  returnOnExit: true,
});
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
exit(wasi.start(instance));
