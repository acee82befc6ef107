import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { openTab, PICTURES } from '../support/browser.js';
import { Demo } from '../support/demo.js';
import { CHROMIUM, launch } from '../support/engines/chromium.js';
import { breakable, breakNow, heal } from '../support/faults.js';
import type { Fault } from '../support/faults.js';

/** Each with its first row, and with what its widths are judged with. */
const CONSOLES = [['operations', 'incident-row', 'incident-row'], ['hospital', 'threat-row', 'encounter']] as const;
/** From a large screen to the narrowest phone, and where the layout changes between them. */
const WIDTHS = [1_920, 1_440, 1_280, 1_200, 1_100, 1_000, 950, 900, 768, 640, 500, 390, 320];
const VIEWS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['wide-light', { viewport: { width: 1_440, height: 900 }, colorScheme: 'light' }],
  ['wide-dark', { viewport: { width: 1_440, height: 900 }, colorScheme: 'dark' }],
  ['phone-light', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
  ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
];

// A machine without Chromium still runs everything else.
describe.skipIf(!CHROMIUM)('the demo in Chromium', () => {
  let demo: Demo;
  let browser: Browser;
  let page: Page;
  let said: string[];

  beforeAll(async () => void ([demo, browser] = await Promise.all([Demo.start(), launch()])));
  afterEach(() => page.context().close());
  afterAll(async () => {
    await browser?.close();
    await demo?.end();
  });

  async function open(name: string, options: BrowserContextOptions = {}, prepare: () => Promise<void> = async () => undefined): Promise<void> {
    ({ page, said } = await openTab(await browser.newContext({ viewport: { width: 1_440, height: 900 }, ...options })));
    await prepare();
    await page.goto(`${demo.url}/#/${name}`);
  }

  const state = (text: string) => page.getByTestId('connection-status').getByText(text, { exact: true }).waitFor();

  async function openLive(name: string, options?: BrowserContextOptions, prepare?: () => Promise<void>): Promise<void> {
    await open(name, options, prepare);
    await state('Live');
  }

  /** What axe finds wrong. */
  async function violations(): Promise<string[]> {
    await page.evaluate(axe.source);
    const found = await page.evaluate('axe.run()') as axe.AxeResults;
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  /** What stands out of its place: with boxes that neither scroll nor cut it off, it would lie over something else. */
  const spilled = () => page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter((element) => element.clientWidth > 0 && getComputedStyle(element).overflowX === 'visible' && element.scrollWidth > element.clientWidth + 1)
    .map(({ tagName, className, scrollWidth, clientWidth }) => `${tagName}.${className}: ${scrollWidth} in ${clientWidth}`));

  describe.each(CONSOLES)('%s', (name, row, widest) => {
    test.each(VIEWS)('%s: live data, nothing wrong by axe, nothing wider than the page, a quiet console', async (view, options) => {
      await openLive(name, { ...options, reducedMotion: 'reduce' });
      await page.getByTestId(row).first().waitFor();
      await page.screenshot({ path: `${PICTURES}demo-${name}-${view}.png`, fullPage: true });
      expect(await violations()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBeLessThanOrEqual(0);
      expect(said).toEqual([]);
    });

    test('at no width does a thing stand out of its place', async () => {
      await openLive(name);
      for (const shown of [row, widest]) await page.getByTestId(shown).first().waitFor();
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        expect([width, await spilled()]).toEqual([width, []]);
      }
    });

    test('a burst of 1,000 is shown whole', async () => {
      await openLive(name);
      await page.getByTestId('break-burst').click();
      await page.locator('[data-testid=burst-result][data-whole=true][data-received="1000"]').waitFor();
    });

    test('the server is killed from the page: it is back, and what is lost is told', async () => {
      await openLive(name);
      await page.getByTestId(row).first().waitFor();
      await page.getByTestId('break-kill').click();
      await page.getByTestId('break-kill-result').getByText(/^Back by WebSocket after .* gap/).waitFor();
      await page.getByTestId('gap-notice').first().waitFor();
      await state('Live');
    });
  });

  describe('an end', () => {
    /** What the strip says, which must be readable whole where a page is wide and where it is narrow. */
    async function wholeSentence(): Promise<string> {
      const strip = page.locator('.strip-text');
      for (const width of [390, 1_440]) {
        await page.setViewportSize({ width, height: 844 });
        expect(await strip.evaluate((element) => element.scrollWidth <= element.clientWidth && element.scrollHeight <= element.clientHeight)).toBe(true);
      }
      return strip.innerText();
    }

    const trial = async (name: string, said: string) => {
      await page.getByTestId(name).click();
      await page.getByTestId(`${name}-result`).getByText(said, { exact: true }).waitFor();
    };

    test('the client fails inside: all that is shown is said to be old, nothing pretends to work, and the page is loaded again', async () => {
      await openLive('operations', { reducedMotion: 'reduce' }, () => breakable(page));
      await page.getByTestId('incident-row').getByRole('button', { name: /^Acknowledge/ }).first().waitFor();
      await breakNow(page, 'module');
      await state('Failed');
      expect(await wholeSentence()).toMatch(/^The client has failed since [\d:]+; what is shown is old\. Reason: the client failed inside .*broken: module.*; reload the page/);
      expect(await violations()).toEqual([]);
      await page.getByTestId('incident-row').getByRole('button', { name: /^Acknowledge/ }).first().click();
      await page.getByTestId('incident-row').getByText(/^Not acknowledged: the client failed inside/).waitFor();
      for (const name of ['break-drop', 'break-offline', 'break-burst']) await trial(name, 'Failed: the client has failed; load the page again.');
      await heal(page);
      await page.getByRole('button', { name: 'Load the page again' }).click();
      await state('Live');
      await page.getByTestId('incident-row').first().waitFor();
    });

    test('the server ends it for good: the same, and a person may try again', async () => {
      let end: () => Promise<void> = async () => undefined;
      await openLive('operations', { reducedMotion: 'reduce' }, () => page.routeWebSocket(/\/via\//, (socket) => {
        socket.connectToServer();
        end = () => socket.close({ code: 4410 });
      }));
      await page.getByTestId('incident-row').first().waitFor();
      await end();
      await state('Stopped');
      expect(await wholeSentence()).toMatch(/^Stopped since [\d:]+; what is shown is old\. Reason: the server’s operator has switched this off\.$/);
      expect(await violations()).toEqual([]);
      for (const name of ['break-drop', 'break-burst']) await trial(name, 'Failed: the client has stopped; let it connect again first.');
      await page.getByTestId('connection-status').getByRole('button', { name: 'Retry' }).click();
      await state('Live');
      await page.getByTestId('break-burst').click();
      await page.locator('[data-testid=burst-result][data-whole=true]').waitFor();
    });
  });

  describe('a part that fails', () => {
    const failure = (text: string) => page.getByRole('alert').filter({ hasText: text });
    const again = (text: string) => failure(text).getByRole('button', { name: 'Show it again' }).click();
    const openBroken = (fault: Fault) => open('operations', {}, () => breakable(page, fault));

    test('a plot leaves the rest of its console alone, and is shown again', async () => {
      await openBroken('canvas');
      await state('Live');
      await page.getByTestId('incident-row').first().waitFor();
      await failure('All sites failed. broken: canvas').waitFor();
      expect(await violations()).toEqual([]);
      await again('All sites failed.');
      await failure('All sites failed. broken: canvas').waitFor();
      await heal(page);
      await again('All sites failed.');
      await page.locator('.fleet canvas').waitFor();
      expect(await failure('All sites failed.').count()).toBe(0);
    });

    test('a console leaves the bar alone, and comes back with what there is', async () => {
      await openBroken('title');
      await failure('Operations centre failed. broken: title').waitFor();
      await state('Live');
      await heal(page);
      await again('Operations centre failed.');
      await page.getByTestId('incident-row').first().waitFor();
    });

    test('where nothing is left, the page can be loaded again', async () => {
      await openBroken('look');
      await failure('This page failed. broken: look').waitFor();
      await heal(page);
      await page.getByRole('button', { name: 'Load the page again' }).click();
      await state('Live');
    });
  });
});
