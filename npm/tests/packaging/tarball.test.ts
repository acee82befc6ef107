import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, expect, inject, test } from 'vitest';

import { Application } from './support/application.js';
import { type Manifest, manifestOf, targets } from './support/manifest.js';

let application: Application;
let manifest: Manifest;
beforeAll(async () => {
  application = await Application.install('node');
  manifest = await manifestOf(application);
});

test('publint has nothing to say', async () => {
  const { buffer } = new Uint8Array(await readFile(inject('tarball')));
  const { messages, pkg } = await publint({ pack: { tarball: buffer as ArrayBuffer }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

test('are the types wrong? No', async () => {
  const tool = fileURLToPath(new URL('../../node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url));
  // The module has no types: what an import of it gives is the bundler's to say.
  await application.run(tool, inject('tarball'), '--profile', 'esm-only', '--exclude-entrypoints', 'core.wasm');
});

test('everything that the exports name is there, with its licences and its protocol', async () => {
  for (const target of [...targets(manifest), 'LICENSE-MIT', 'LICENSE-APACHE', 'PROTOCOL.md', 'README.md']) {
    expect((await stat(join(application.package, target))).size).toBeGreaterThan(0);
  }
});

test('nothing in it names the place where it was built', async () => {
  const place = fileURLToPath(new URL('../../..', import.meta.url));
  const files = (await readdir(application.package, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  expect(files.length).toBeGreaterThan(40);
  for (const { parentPath, name } of files) {
    const text = await readFile(join(parentPath, name), 'latin1');
    expect(text.includes(place), name).toBe(false);
  }
});
