import type { CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { openTab } from '../support/browser.js';
import { CHROMIUM, launchBare } from '../support/engines/chromium.js';
import { eventually } from '../support/patience.js';
import { listening, page as pageOf, Pages } from '../support/pages.js';
import { Proxy } from '../support/proxy.js';
import { Server, token } from '../support/server.js';

// A machine without Chromium still runs everything else.
describe.skipIf(!CHROMIUM)('a tab that is not seen', () => {
  let chromium: Awaited<ReturnType<typeof launchBare>>;
  let pages: Pages;
  let server: Server;
  let proxy: Proxy;

  beforeAll(async () => {
    [chromium, pages, server] = await Promise.all([launchBare(), Pages.start(), Server.start()]);
    proxy = await Proxy.start(server.url);
  });
  afterEach(() => Promise.all(chromium.context.pages().map((page) => page.close())));
  afterAll(async () => {
    await chromium?.close();
    pages?.close();
    proxy?.close();
    await server?.kill();
  });

  /** A page that notes when it is shown, hidden and frozen, and how long a timer of 50 ms took at most. */
  async function open(topic: string): Promise<{ page: Page; devtools: CDPSession }> {
    const { page } = await openTab(chromium.context);
    const notes = `
      const log = globalThis.log = [];
      for (const type of ['visibilitychange', 'freeze', 'resume']) {
        document.addEventListener(type, ({ isTrusted }) => isTrusted && log.push(type === 'visibilitychange' ? document.visibilityState : type));
      }
      globalThis.longest = 0;
      let last = performance.now();
      (function tick() {
        const now = performance.now();
        globalThis.longest = Math.max(globalThis.longest, now - last);
        last = now;
        setTimeout(tick, 50);
      })();`;
    const script = listening({ url: proxy.url, token: token(), topic, options: "reconnectInterval: 200, logLevel: 'silent'" });
    await page.goto(pages.put(`/${topic}.html`, pageOf(script + notes)));
    await reaches(page, 'globalThis.live', true);
    await reaches(page, 'log.splice(0); document.visibilityState', 'visible');
    return { page, devtools: await chromium.context.newCDPSession(page) };
  }

  // Playwright's own waiting is by animation frames, of which a hidden page has none.
  const reaches = (page: Page, expression: string, wanted: unknown) =>
    eventually(async () => expect(await page.evaluate(expression)).toEqual(wanted), { interval: 50 });
  const isThrottled = (page: Page) => reaches(page, 'longest > 900', true);
  const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  const publish = (topic: string, ...payloads: unknown[]) => server.publish(...payloads.map((payload) => ({ topic, type: 'x', payload })));
  const cutLinks = () => [true, false].forEach((refuses) => proxy.refuseWebSockets(refuses));

  // Chromium closes the WebSockets of a page that it freezes, without a goodbye.
  test('behind another tab it goes on; frozen, it catches up when it is shown: each event once and in order', async () => {
    const { page, devtools } = await open('covered');
    await chromium.context.newPage();
    await isThrottled(page);
    await publish('covered', 0, 1);
    await reaches(page, 'events', [0, 1]);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    await reaches(page, 'log', ['hidden', 'freeze']);
    await publish('covered', ...numbers(2, 1_000));
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    await page.bringToFront();
    await reaches(page, 'log', ['hidden', 'freeze', 'resume', 'visible']);
    await publish('covered', 1_000);
    await reaches(page, 'events', numbers(0, 1_001));
    expect(await page.evaluate('client.statistics()')).toMatchObject({ gaps: 0, delivered: 1_001 });
  });

  test('minimised, with its link cut, it connects again by throttled timers and misses nothing', async () => {
    const { page, devtools } = await open('minimised');
    const { windowId } = await devtools.send('Browser.getWindowForTarget');
    await devtools.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'minimized' } });
    await isThrottled(page);
    cutLinks();
    await publish('minimised', 0, 1);
    await reaches(page, 'events', [0, 1]);
    expect(await page.evaluate('log')).toEqual(['hidden']);
    await devtools.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'normal' } });
    await publish('minimised', 2);
    await reaches(page, 'events', [0, 1, 2]);
    await reaches(page, 'log', ['hidden', 'visible']);
    expect(await page.evaluate('client.statistics()')).toMatchObject({ opens: 2, gaps: 0, delivered: 3 });
  });
});
