import { build } from 'esbuild';
import { test } from 'vitest';

import { Application } from './support/application.js';
import { inChromium, seeArrival } from './support/browser.js';

inChromium('an application of plain scripts', (stage) => {
  test('webpack builds one with a worker, without configuration', async () => {
    const application = await Application.install('webpack');
    await application.run('webpack-cli/bin/cli.js', 'build', '--mode', 'production');
    await seeArrival(stage, `${await application.serve()}/index.html`, ['page', 'worker']);
  });

  test('esbuild puts steadfast/inline into one classic script', async () => {
    const application = await Application.install('esbuild');
    await build({ absWorkingDir: application.folder, entryPoints: ['main.ts'], bundle: true, outdir: 'dist' });
    await seeArrival(stage, `${await application.serve()}/index.html`, ['page']);
  });

  test('a page takes the package as it is, with an import map', async () => {
    const application = await Application.install('script');
    await seeArrival(stage, `${await application.serve()}/index.html`, ['page']);
  });
});
