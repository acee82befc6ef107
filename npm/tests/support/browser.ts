import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';

import { launch } from './engines/chromium.js';
import { PATIENCE } from './patience.js';
import { Pages } from './pages.js';
import { Server, token } from './server.js';

/** What the pages looked like is kept with the build's other results. */
export const PICTURES = fileURLToPath(new URL('../../build/pictures/', import.meta.url));

/** What a file's tests in a browser share: a server, a place for pages, a browser, a token, and a context a test. */
export interface Stage {
  server: Server;
  pages: Pages;
  browser: Browser;
  context: BrowserContext;
  known: string;
}

/** Sets the stage before the tests of the `describe` around it, and clears it after them. */
export function setStage(): Stage {
  const stage = {} as Stage;
  beforeAll(async () => {
    [stage.server, stage.pages, stage.browser] = await Promise.all([Server.start(), Pages.start(), launch()]);
    stage.known = token();
  });
  afterEach(() => stage.context.close());
  afterAll(async () => {
    await stage.browser.close();
    stage.pages.close();
    await stage.server.kill();
  });
  return stage;
}

/** A tab, and what it writes on the console or throws. */
export async function openTab(context: BrowserContext): Promise<{ page: Page; said: string[] }> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE.timeout);
  const said: string[] = [];
  page.on('console', (line) => said.push(line.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  return { page, said };
}
