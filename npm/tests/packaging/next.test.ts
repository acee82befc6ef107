import { beforeAll, expect, test } from 'vitest';

import { Application, type Started } from './support/application.js';
import { inChromium, seeArrival } from './support/browser.js';

const NEXT = 'next/dist/bin/next';
const ANYWHERE = ['--hostname', '127.0.0.1', '--port', '0'];

inChromium('Next', (stage) => {
  let application: Application;
  beforeAll(async () => {
    application = await Application.install('next');
  });

  /** The page as the server renders it, and as it goes on in the browser. */
  async function visit({ found: url, said }: Started, expected?: RegExp): Promise<void> {
    const html = await (await fetch(url)).text();
    expect(html).toContain('data-seen="disconnected"');
    expect(html).toContain('Not there yet');
    expect(await (await fetch(`${url}/module`)).text()).toBe('ready');
    const page = await seeArrival(stage, url, ['page'], expected);
    await page.locator('[data-seen=connected]').getByText('There', { exact: true }).waitFor();
    expect(await page.locator('.sf-status').evaluate((element) => getComputedStyle(element).display)).toBe('flex');
    expect(said()).not.toMatch(/error|warn/i);
  }

  test('builds, renders on the server, hydrates, and is live', async () => {
    await application.run(NEXT, 'build');
    await visit(await application.start(NEXT, ['start', ...ANYWHERE]));
  });

  // React tells of a mismatch in words here only.
  test('does so in development, without a warning', async () => {
    await visit(await application.start(NEXT, ['dev', ...ANYWHERE]), /^\[HMR\]|^\[Fast Refresh\]|React DevTools/);
  });
});
