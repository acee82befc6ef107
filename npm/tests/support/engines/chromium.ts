import { spawn } from 'node:child_process';
import { type Browser, type BrowserContext, chromium as playwright } from 'playwright-core';

import { gone, said } from '../spawned.js';
import { type Engine, profile, program } from './engine.js';

/** Where Chromium is, or `undefined`. */
export const CHROMIUM = program('CHROMIUM', 'chromium', 'google-chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium');

/** Starts Chromium as a person has it: the back-forward cache works. */
export function launch(): Promise<Browser> {
  return playwright.launch({
    executablePath: CHROMIUM ?? 'chromium', args: ['--no-sandbox'], ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}

/** What Chromium asks of the network and of the screen by itself: no test needs it, and without an answer it waits. */
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic', '--disable-gpu'];

/** Chromium that nothing has made fit for tests: a tab that is not seen is hidden, its timers are throttled, and it can be frozen. */
export async function launchBare(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const { folder, remove } = profile();
  // A first window would still be opening while Playwright attaches to it, which can take it long.
  const flags = ['--headless', '--no-sandbox', '--no-first-run', '--no-startup-window', '--remote-debugging-port=0', `--user-data-dir=${folder}`];
  const child = spawn(CHROMIUM ?? 'chromium', [...flags, ...QUIET]);
  const browser = await playwright.connectOverCDP(await said(child, /listening on (ws:\S+)/), { noDefaults: true, timeout: 0 });
  const [context] = browser.contexts();
  if (!context) throw new Error('a browser that has been started has a context');
  return {
    context,
    async close() {
      // Killed, it would leave processes behind that still write into the profile. It may be gone before it has answered.
      await (await browser.newBrowserCDPSession()).send('Browser.close').catch(() => undefined);
      await gone(child);
      remove();
    },
  };
}

/** Chromium, by Playwright. */
export const chromium: Engine = {
  name: 'Chromium',
  installed: CHROMIUM !== undefined,
  async start() {
    const browser = await launch();
    const page = await browser.newPage();
    return { open: async (url) => void await page.goto(url), evaluate: (expression) => page.evaluate(expression), close: () => browser.close() };
  },
};
