import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { openTab, PICTURES, setStage } from '../support/browser.js';
import { bundle, putComponents } from '../support/bundle.js';
import { CHROMIUM } from '../support/engines/chromium.js';
import { PATIENCE } from '../support/patience.js';
import { Proxy } from '../support/proxy.js';
import { Server, token } from '../support/server.js';

// A machine without Chromium still runs everything else.
describe.skipIf(!CHROMIUM)('the components in Chromium', () => {
  const stage = setStage();

  let script: string;

  beforeAll(async () => void (script = await bundle(PAGE)));

  /** A tab with the components; `said` is what it wrote on the console. */
  async function open(topic: string, url = stage.server.url): Promise<{ page: Page; said: string[] }> {
    const { page, said } = await openTab(stage.context);
    await page.goto(await putComponents(stage.pages, topic, script, { url, token: stage.known, topic }));
    await page.waitForFunction('globalThis.client?.status.state === "connected"');
    return { page, said };
  }

  const incident = (topic: string, title: string) => ({
    topic, type: 'incident_alert', priority: 'critical', requires_acknowledgment: true, payload: { incident: { title, description: 'East' } },
  });
  const rows = (page: Page, text: string) => page.locator('.sf-list li', { hasText: text });
  const numbers = (page: Page, count: number) =>
    page.waitForFunction((wanted) => (globalThis as unknown as { numbers: number[] }).numbers.length >= wanted, count);

  test('an alert over HTTP is listed, toasted and heard in two tabs; acknowledged in one, it clears the other', async () => {
    stage.context = await stage.browser.newContext({ viewport: { width: 1_280, height: 800 } });
    const first = await open('alerts');
    const second = await open('alerts');
    await first.page.getByRole('button', { name: /Sound is blocked/ }).click();
    await first.page.getByRole('button', { name: 'Mute sound' }).waitFor();
    await stage.server.publish(incident('alerts', 'Power loss'));
    for (const { page } of [first, second]) {
      await rows(page, 'Power loss').waitFor();
      await page.locator('.sf-toast', { hasText: 'Power loss' }).waitFor();
    }
    expect(await first.page.evaluate('globalThis.tones')).toBe(4);
    expect(await second.page.evaluate('globalThis.tones')).toBe(0);
    await first.page.screenshot({ path: `${PICTURES}wide-light.png` });
    await second.page.setViewportSize({ width: 390, height: 800 });
    await second.page.emulateMedia({ colorScheme: 'dark' });
    await second.page.screenshot({ path: `${PICTURES}phone-dark.png` });
    await rows(first.page, 'Power loss').getByRole('button', { name: 'Acknowledge' }).click();
    await rows(first.page, 'Power loss').getByText('Acknowledged', { exact: true }).waitFor();
    await rows(second.page, 'Power loss').getByText('Acknowledged elsewhere').waitFor();
    await second.page.locator('.sf-toast').waitFor({ state: 'detached' });
    expect([...first.said, ...second.said]).toEqual([]);
  });

  test('an alert that is open when a page loads is there', async () => {
    stage.context = await stage.browser.newContext();
    await stage.server.publish(incident('earlier', 'Before the page'));
    const { page } = await open('earlier');
    await rows(page, 'Before the page').getByRole('button', { name: 'Acknowledge' }).waitFor();
  });

  test('a burst of 1,000 is whole, the list bounded', async () => {
    stage.context = await stage.browser.newContext();
    const { page } = await open('burst');
    await page.waitForFunction('globalThis.live');
    await stage.server.publish(...Array.from({ length: 1_000 }, (_, number) => ({ topic: 'burst', type: 'system_notification', payload: { title: `Notice ${number}`, number } })));
    await numbers(page, 1_000);
    expect(await page.evaluate('numbers')).toEqual(Array.from({ length: 1_000 }, (_, number) => number));
    await rows(page, 'Notice 999').waitFor();
    expect(await page.locator('.sf-list li').count()).toBe(200);
  });

  test('a WebSocket refused by a proxy: polling, and back, each numbered event once and in order', async () => {
    stage.context = await stage.browser.newContext();
    const proxy = await Proxy.start(stage.server.url);
    try {
      const { page } = await open('numbered', proxy.url);
      await page.waitForFunction('globalThis.live');
      const publish = (...all: number[]) => stage.server.publish(...all.map((number) => ({ topic: 'numbered', type: 'system_notification', payload: { title: `Notice ${number}`, number } })));
      await publish(0, 1);
      await numbers(page, 2);
      proxy.refuseWebSockets(true);
      await publish(2, 3);
      await page.getByRole('status').getByText('Live by polling').waitFor();
      await publish(4, 5);
      await numbers(page, 6);
      proxy.refuseWebSockets(false);
      await page.waitForFunction('client.status.transport === "websocket"');
      await publish(6, 7);
      await numbers(page, 8);
      expect(await page.evaluate('numbers')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    } finally {
      proxy.close();
    }
  }, 240_000);

  test('a server that is killed and started again is said, and what comes after is shown', async () => {
    stage.context = await stage.browser.newContext();
    let other = await Server.start();
    try {
      const { page } = await open('restart', other.url);
      await page.waitForFunction('globalThis.live');
      await other.publish(incident('restart', 'Before'));
      await rows(page, 'Before').waitFor();
      await other.kill();
      await page.getByRole('status').getByText('Connecting').waitFor();
      other = await Server.start(new URL(other.url).host);
      await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
      await other.publish(incident('restart', 'After'));
      await rows(page, 'After').waitFor();
      await rows(page, 'lost in restart').waitFor();
      await rows(page, 'Before').getByRole('button', { name: 'Acknowledge' }).waitFor();
    } finally {
      await other.kill();
    }
  }, 240_000);

  test('a token is renewed before its end, on the link that is open', async () => {
    stage.context = await stage.browser.newContext();
    let asked = 0;
    await stage.context.exposeFunction('freshToken', () => {
      asked += 1;
      return token('ana', '*', '12s');
    });
    const { page, said } = await open('renewed');
    await expect.poll(() => asked, PATIENCE).toBeGreaterThanOrEqual(3);
    await stage.server.publish(incident('renewed', 'After renewal'));
    await rows(page, 'After renewal').waitFor();
    expect(await page.evaluate('client.statistics()')).toMatchObject({ opens: 1, gaps: 0 });
    expect(said).toEqual([]);
  });

  test('a token that ends while no other is to be had: it is said, tried again, and nothing is missed', async () => {
    stage.context = await stage.browser.newContext();
    let isDown = false;
    await stage.context.exposeFunction('freshToken', () => {
      if (isDown) throw new Error('the identity provider is down');
      return token('ana', '*', '6s');
    });
    const { page } = await open('ended');
    await page.waitForFunction('globalThis.live');
    isDown = true;
    await page.getByRole('status').getByText('Connecting').waitFor();
    await page.getByText('getToken failed: the identity provider is down').waitFor();
    await stage.server.publish(incident('ended', 'While it was down'));
    isDown = false;
    await rows(page, 'While it was down').waitFor();
    await page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    expect(await page.evaluate('client.statistics()')).toMatchObject({ gaps: 0, repeats: 0 });
  });

  test('toasts by priority: what is critical comes first, and stays; muted, nothing is heard', async () => {
    stage.context = await stage.browser.newContext();
    const { page, said } = await open('priorities');
    await page.waitForFunction('globalThis.live');
    await page.getByRole('button', { name: /Sound is blocked/ }).click();
    await page.getByRole('button', { name: 'Mute sound' }).click();
    await page.getByRole('button', { name: 'Unmute sound' }).waitFor();
    const notice = (priority: string) => ({ topic: 'priorities', type: 'system_notification', priority, payload: { title: `${priority} notice` } });
    // Written down in the page, because on a busy machine they may be gone before the test looks.
    await page.evaluate(`globalThis.shown = [];
      new MutationObserver(() => shown.push([...document.querySelectorAll('.sf-toast strong')].map((title) => title.textContent).join(', ')))
        .observe(document.querySelector('.sf-toasts'), { subtree: true, childList: true })`);
    await stage.server.publish(notice('info'), notice('high'), incident('priorities', 'Power loss'));
    await page.waitForFunction("shown.includes('Power loss, high notice, info notice')");
    await page.waitForFunction("shown.at(-1) === 'Power loss'");
    const toasts = page.locator('.sf-toast');
    expect(await page.getByRole('alert').locator('.sf-toast').count()).toBe(1);
    expect(await page.evaluate('globalThis.tones')).toBe(0);
    await page.getByRole('button', { name: 'Unmute sound' }).click();
    await stage.server.publish(notice('high'));
    await page.waitForFunction('tones === 2');
    await toasts.getByRole('button', { name: 'Acknowledge' }).click();
    await toasts.filter({ hasText: 'Power loss' }).waitFor({ state: 'detached' });
    await rows(page, 'Power loss').getByText('Acknowledged', { exact: true }).waitFor();
    expect(said).toEqual([]);
  });
});

const PAGE = `
  import { createRoot } from 'react-dom/client';
  import { createClient } from '/index.js';
  import { ConnectionStatus, RealTimeNotifications } from './ui/index.js';

  const start = OscillatorNode.prototype.start;
  globalThis.tones = 0;
  OscillatorNode.prototype.start = function (at) { globalThis.tones += 1; return start.call(this, at); };
  globalThis.numbers = [];
  const { url, token, topic } = globalThis.options;
  const client = globalThis.client = createClient({ url, getToken: () => globalThis.freshToken?.() ?? token, reconnectInterval: 200 });
  client.subscribe(topic, { onLive: () => { globalThis.live = true; } });
  createRoot(document.getElementById('root')).render(<>
    <ConnectionStatus client={client} />
    <RealTimeNotifications client={client} topics={[topic]} onEvent={({ payload }) => { if (payload.number !== undefined) numbers.push(payload.number); }} />
  </>);
`;
