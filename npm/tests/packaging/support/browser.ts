import { describe, expect } from 'vitest';
import type { Page } from 'playwright-core';

import { type Stage, openTab, setStage } from '../../support/browser.js';
import { CHROMIUM } from '../../support/engines/chromium.js';

/** Tests that look at an application in Chromium; a machine without it still runs everything else. */
export function inChromium(name: string, tests: (stage: Stage) => void): void {
  describe.skipIf(!CHROMIUM)(name, () => tests(setStage()));
}

/**
 * Opens an application, and sees an event published over HTTP arrive at each place: a topic, and the id of the element that
 * says `live` and then what came. Nothing may fail to load, or be on the console but what `expected` matches.
 */
export async function seeArrival(stage: Stage, address: string, places: readonly string[], expected = /^$/): Promise<Page> {
  stage.context = await stage.browser.newContext();
  await stage.context.addInitScript(`globalThis.options = ${JSON.stringify({ url: stage.server.url, token: stage.known })}`);
  const { page, said } = await openTab(stage.context);
  page.on('response', (response) => response.status() >= 400 && said.push(`${response.status()} ${response.url()}`));
  await page.goto(address);
  for (const place of places) {
    await says(page, place, 'live').catch((cause: unknown) => {
      throw new Error(`${place} is not live: ${said.join('\n')}`, { cause });
    });
    await stage.server.publish({ topic: place, type: 'greeting', payload: `arrived at ${place}` });
    await says(page, place, `arrived at ${place}`);
  }
  expect(said.filter((line) => !expected.test(line))).toEqual([]);
  return page;
}

function says(page: Page, place: string, hasText: string): Promise<void> {
  return page.locator(`#${place}`, { hasText }).waitFor();
}
