import { type Browser, chromium as playwright } from 'playwright-core';

import { type Engine, program } from './engine.js';

/** Where Chromium is, or `undefined`. */
export const CHROMIUM = program('CHROMIUM', 'chromium', 'google-chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium');

/** Starts Chromium as a person has it: the back-forward cache works. */
export function launch(): Promise<Browser> {
  return playwright.launch({
    executablePath: CHROMIUM ?? 'chromium', args: ['--no-sandbox'], ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
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
