// Makes dist/ of src/ and of the WebAssembly module in build/. `cargo xtask npm` runs it once that is there.

import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

import { weigh } from './sizes.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src');
const dist = join(root, 'dist');

/** The client's entries share what they have in common; each says where the module is. */
const CLIENT = ['index.ts', 'index.node.ts', 'index.workerd.ts', 'inline.ts'];

/** Entries beside the client; each takes the client from the package by its name, so that there is one of it. */
const BESIDE = ['react/index.ts', 'ui/index.ts', 'plain/index.ts', 'testing/index.ts'];

const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  outdir: dist,
  outbase: source,
  jsx: 'automatic',
  legalComments: 'none',
  logLevel: 'warning',
};

/** The module: a file of its own where the platform takes one, text in the script where none can. */
const wasm = {
  name: 'wasm',
  setup(build) {
    build.onResolve({ filter: /core\.wasm$/ }, () => ({ path: './core.wasm', external: true }));
    // The path is written into the script, and is nobody's machine's.
    build.onResolve({ filter: /core\.wasm\?base64$/ }, () => ({ path: 'build/core.wasm', namespace: 'base64' }));
    build.onLoad({ filter: /./, namespace: 'base64' }, async ({ path }) => ({
      contents: `export default ${JSON.stringify((await readFile(join(root, path))).toString('base64'))}`,
    }));
  },
};

/** What lies outside an entry's own folder is another entry, or shared by copying where it is small. */
const others = (entry) => ({
  name: 'others',
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const target = relative(source, join(resolveDir, path)).split(sep).join('/').replace(/\.[jt]sx?$/, '');
      const own = dirname(entry);
      if (target === 'index' || target === 'error') return { path: 'steadfast', external: true };
      const [folder] = target.split('/');
      if (folder !== own && ['react', 'ui', 'plain', 'testing'].includes(folder)) return { path: `steadfast/${folder}`, external: true };
      return undefined;
    });
  },
});

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await build({
  ...common, entryPoints: CLIENT.map((entry) => join(source, entry)), splitting: true, chunkNames: 'client-[hash]', plugins: [wasm],
  external: ['node:*'],
});
for (const entry of BESIDE) {
  await build({ ...common, entryPoints: [join(source, entry)], plugins: [others(entry)], packages: 'external' });
}
await copyFile(join(root, 'build/core.wasm'), join(dist, 'core.wasm'));
await copyFile(join(source, 'ui/styles.css'), join(dist, 'ui/styles.css'));
for (const file of ['LICENSE-MIT', 'LICENSE-APACHE', 'sdk-core/PROTOCOL.md']) {
  await copyFile(join(root, '..', file), join(root, file.split('/').at(-1)));
}
run('tsc', ['--project', 'tsconfig.declarations.json']);
// TypeScript asks for the type of every import, also of one for its effect.
await writeFile(join(dist, 'ui/styles.css.d.ts'), 'export {};\n');
await prune();
process.exitCode = await weigh(dist) ? 0 : 1;

/** Removes the declarations that no entry leads to: what is inside is nobody's to rely on. */
async function prune() {
  const declarations = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith('.d.ts')).map((file) => join(dist, file));
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const reached = new Set();
  const reach = async (file) => {
    if (reached.has(file) || !declarations.includes(file)) return;
    reached.add(file);
    const text = await readFile(file, 'utf8');
    for (const [, from] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) await reach(join(dirname(file), from.replace(/\.js$/, '.d.ts')));
  };
  for (const { types } of Object.values(exports)) if (types) await reach(join(root, types));
  await Promise.all(declarations.filter((file) => !reached.has(file)).map((file) => rm(file)));
}

function run(tool, options) {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/.bin', tool), ...options], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
