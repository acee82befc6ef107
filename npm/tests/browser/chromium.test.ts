import { describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';

import { openTab, setStage } from '../support/browser.js';
import { CHROMIUM } from '../support/engines/chromium.js';
import { listening, page as pageOf } from '../support/pages.js';
import { eventually } from '../support/patience.js';

// A machine without Chromium still runs everything else.
describe.skipIf(!CHROMIUM)('in Chromium', () => {
  const stage = setStage();

  /** A page whose script has a client; what it says on the console is an error of the test. */
  async function open(path: string, script: string, headers?: Record<string, string>): Promise<{ page: Page; said: string[] }> {
    stage.context = await stage.browser.newContext();
    const { page, said } = await openTab(stage.context);
    await page.goto(stage.pages.put(path, pageOf(script), headers));
    return { page, said };
  }

  const listen = (topic: string, options?: string) => listening({ url: stage.server.url, token: stage.known, topic, options });

  const live = (page: Page) => page.waitForFunction('globalThis.live === true');
  const reach = (page: Page, events: unknown[]) =>
    page.waitForFunction((wanted) => JSON.stringify((globalThis as unknown as { events: unknown[] }).events) === wanted, JSON.stringify(events));
  const publish = (topic: string, ...payloads: unknown[]) =>
    stage.server.publish(...payloads.map((payload) => ({ topic, type: 'x', payload })));

  test('an event published over HTTP reaches a page that loads one module script, and nothing is on the console', async () => {
    const { page, said } = await open('/plain.html', listen('page'));
    await live(page);
    await publish('page', { hello: 'wörld 🌍' });
    await reach(page, [{ hello: 'wörld 🌍' }]);
    expect(await page.evaluate('client.status')).toMatchObject({ state: 'connected', transport: 'websocket' });
    expect(said).toEqual([]);
  });

  test('leaving and coming back, it goes on where it was', async () => {
    const { page } = await open('/offline.html', listen('offline'));
    await live(page);
    await publish('offline', 1);
    await reach(page, [1]);
    await page.evaluate('client.disconnect()');
    await publish('offline', 2, 3);
    await page.evaluate('client.connect()');
    await reach(page, [1, 2, 3]);
  });

  test('a network that goes away is noticed within seconds, and what was missed follows when it is back', async () => {
    const { page } = await open('/network.html', listen('network', "logLevel: 'silent'"));
    await live(page);
    await stage.context.setOffline(true);
    await page.waitForFunction("client.status.state === 'connecting'");
    await publish('network', 1, 2);
    await stage.context.setOffline(false);
    await reach(page, [1, 2]);
    expect(await page.evaluate('client.statistics()')).toMatchObject({ gaps: 0, delivered: 2 });
  });

  test('the page is kept in the back-forward cache, and resumes when it comes back', async () => {
    const { page } = await open('/kept.html', `${listen('kept')}
      addEventListener('pageshow', (event) => { globalThis.kept = event.persisted; });`);
    await live(page);
    await publish('kept', 1);
    await reach(page, [1]);
    await page.goto(stage.pages.put('/other.html', '<title>other</title>'));
    await publish('kept', 2);
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForFunction('globalThis.kept !== undefined');
    expect(await page.evaluate('globalThis.kept')).toBe(true);
    await reach(page, [1, 2]);
    expect(await page.evaluate('client.statistics()')).toMatchObject({ opens: 2, gaps: 0 });
  });

  test('a module worker has a client of its own', async () => {
    stage.pages.put('/worker.js', `${listen('worker')} client.onStatus(() => {}); setInterval(() => globalThis.live && postMessage(events), 50);`);
    const { page } = await open('/worker.html', `
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => { globalThis.events = data; globalThis.live = true; };`);
    await live(page);
    await publish('worker', 'a');
    await reach(page, ['a']);
  });

  test('a service worker that the browser stopped resumes by its cursor', async () => {
    stage.pages.put('/sw.js', `
      import { createClient } from '/index.js';
      addEventListener('activate', (event) => event.waitUntil(clients.claim()));
      addEventListener('message', ({ data: cursor, source }) => {
        const client = createClient({ url: '${stage.server.url}', getToken: () => '${stage.known}' });
        const subscription = client.subscribe('service', {
          onEvent: ({ payload }) => source.postMessage({ payload, cursor: subscription.cursor() }), onLive: () => source.postMessage({ live: true }),
        }, cursor ? { cursor } : {});
      });`);
    const { page } = await open('/service.html', `
      globalThis.events = [];
      await navigator.serviceWorker.register('/sw.js', { type: 'module' });
      const { active } = await navigator.serviceWorker.ready;
      navigator.serviceWorker.onmessage = ({ data }) => {
        if (data.live) globalThis.live = true;
        else { events.push(data.payload); globalThis.cursor = data.cursor; }
      };
      globalThis.follow = () => active.postMessage(globalThis.cursor);
      follow();`);
    await live(page);
    await publish('service', 1);
    await reach(page, [1]);
    const devtools = await stage.context.newCDPSession(page);
    await devtools.send('ServiceWorker.enable');
    await devtools.send('ServiceWorker.stopAllWorkers');
    await publish('service', 2);
    await page.evaluate('follow()');
    await reach(page, [1, 2]);
  });

  test('two copies of the package on one page work side by side', async () => {
    const { page } = await open('/two.html', `${listen('two')}
      const { createClient: other } = await import('/inline.js?copy');
      globalThis.second = [];
      other({ url: '${stage.server.url}', getToken: () => '${stage.known}' }).subscribe('two', { onEvent: ({ payload }) => second.push(payload), onLive: () => { globalThis.both = true; } });`);
    await live(page);
    await page.waitForFunction('globalThis.both === true');
    await publish('two', 1);
    await reach(page, [1]);
    await page.waitForFunction('JSON.stringify(globalThis.second) === "[1]"');
  });

  test('a policy without wasm-unsafe-eval is said with its remedy', async () => {
    const policy = "script-src 'self' 'unsafe-inline'";
    const { page } = await open('/policy.html', listen('policy', "logLevel: 'silent'"), { 'Content-Security-Policy': policy });
    // The policy also forbids what `waitForFunction` does.
    await eventually(async () => expect(await page.evaluate('client.status.state')).toBe('crashed'));
    expect(await page.evaluate('client.status.reason')).toMatchObject({ retryable: false, message: expect.stringContaining("'wasm-unsafe-eval'") });
    await stage.context.close();
    const allowed = await open('/allowed.html', listen('policy'), { 'Content-Security-Policy': `${policy} 'wasm-unsafe-eval'` });
    await eventually(async () => expect(await allowed.page.evaluate('globalThis.live')).toBe(true));
  });

  test('where WebSocket is blocked it polls', async () => {
    const { page } = await open('/polls.html', `globalThis.WebSocket = class { constructor() { throw new Error('blocked'); } };${listen('polls', 'reconnectInterval: 100')}`);
    await live(page);
    await publish('polls', 1);
    await reach(page, [1]);
    expect(await page.evaluate('client.status.transport')).toBe('polling');
  });
});
