import { expect, test } from 'vitest';

import { Application } from './support/application.js';
import { inChromium, seeArrival } from './support/browser.js';

// Before 8, the dev server moves a dependency's scripts and leaves behind what they refer to.
for (const vite of ['vite', 'vite-7']) {
  inChromium(`${vite}, without configuration`, (stage) => {
    const program = `${vite}/bin/vite.js`;

    test('builds an application with React, components and a worker', async () => {
      const application = await Application.install('vite');
      await application.run(program, 'build');
      const origin = await application.serve('dist');
      const page = await seeArrival(stage, `${origin}/index.html`, ['page', 'worker']);
      expect(await page.locator('.sf-status').evaluate((element) => getComputedStyle(element).display)).toBe('flex');
    });

    test('serves it for development', async () => {
      const application = await Application.install('vite');
      const { found: address } = await application.start(program, ['--host', '127.0.0.1']);
      await seeArrival(stage, address, ['page', 'worker'], /^\[vite\] connect|React DevTools/);
    });
  });
}
