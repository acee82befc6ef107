import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { openTab, PICTURES } from '../support/browser.js';
import { Demo } from '../support/demo.js';
import { CHROMIUM, launch } from '../support/engines/chromium.js';

/** The machine builds what the demo runs, and shares its cores. */
const PATIENCE = { timeout: 60_000 };
const CONSOLES = [['operations', 'incident-row'], ['hospital', 'threat-row']] as const;
const VIEWS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['wide-light', { viewport: { width: 1_440, height: 900 }, colorScheme: 'light' }],
  ['wide-dark', { viewport: { width: 1_440, height: 900 }, colorScheme: 'dark' }],
  ['phone-light', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
  ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
];

// A machine without Chromium still runs everything else.
describe.skipIf(!CHROMIUM)('the demo in Chromium', { timeout: 240_000 }, () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;
  let said: string[];

  beforeAll(async () => void ([demo, browser] = await Promise.all([Demo.start(), launch()])), 600_000);
  afterEach(() => page.context().close());
  afterAll(async () => {
    await browser?.close();
    await demo?.end();
  });

  async function open(name: string, options: BrowserContextOptions = {}): Promise<void> {
    ({ page, said } = await openTab(await browser.newContext({ viewport: { width: 1_440, height: 900 }, ...options })));
    await page.goto(`${demo.url}/#/${name}`);
    await page.getByTestId('connection-status').getByText('Live', { exact: true }).waitFor(PATIENCE);
  }

  describe.each(CONSOLES)('%s', (name, row) => {
    test.each(VIEWS)('%s: live data, nothing wrong by axe, nothing wider than the page, a quiet console', async (view, options) => {
      await open(name, { ...options, reducedMotion: 'reduce' });
      await page.getByTestId(row).first().waitFor(PATIENCE);
      await page.screenshot({ path: `${PICTURES}demo-${name}-${view}.png`, fullPage: true });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate('axe.run()') as axe.AxeResults;
      expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBeLessThanOrEqual(0);
      expect(said).toEqual([]);
    });

    test('a burst of 1,000 is shown whole', async () => {
      await open(name);
      await page.getByTestId('break-burst').click();
      await page.locator('[data-testid=burst-result][data-whole=true][data-received="1000"]').waitFor(PATIENCE);
    });

    test('the server is killed from the page: it is back, and what is lost is told', async () => {
      await open(name);
      await page.getByTestId(row).first().waitFor(PATIENCE);
      await page.getByTestId('break-kill').click();
      await page.getByTestId('break-kill-result').getByText(/^Back by WebSocket after .* gap/).waitFor(PATIENCE);
      await page.getByTestId('gap-notice').first().waitFor(PATIENCE);
      await page.getByTestId('connection-status').getByText('Live', { exact: true }).waitFor(PATIENCE);
    });
  });
});
