import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

import { Application } from './support/application.js';

test.each<[string, (application: Application) => Promise<unknown>]>([
  ['Vite', (application) => application.run('vite/bin/vite.js', 'build')],
  ['webpack', (application) => application.run('webpack-cli/bin/cli.js', 'build', '--mode', 'production')],
  ['esbuild', ({ folder }) => build({ absWorkingDir: folder, entryPoints: ['src/index.js'], bundle: true, minify: true, outdir: 'dist' })],
])('%s leaves out of an application what it does not use', async (_, bundle) => {
  const application = await Application.install('unused');
  await bundle(application);
  const dist = join(application.folder, 'dist');
  const files = await readdir(dist, { recursive: true });
  // Vite puts the module in the folder all the same, where nobody fetches it.
  const text = (await Promise.all(files.filter((file) => file.endsWith('.js')).map((file) => readFile(join(dist, file), 'utf8')))).join();
  expect(text).toContain('made by the application');
  expect(text).not.toMatch(/WebAssembly|WebSocket|core\.wasm|maxReconnectAttempts|rt\.welcome/);
});
