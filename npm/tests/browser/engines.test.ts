import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { chromium } from '../support/engines/chromium.js';
import type { Tab } from '../support/engines/engine.js';
import { firefox } from '../support/engines/firefox.js';
import { webkit } from '../support/engines/webkit.js';
import { listening, page, Pages } from '../support/pages.js';
import { Proxy } from '../support/proxy.js';
import { eventually } from '../support/patience.js';
import { Server, token } from '../support/server.js';

/** For what the machine does by itself, such as trying the WebSocket again while it polls (24 to 36 s). */

// Side by side, because they wait most of the time; a browser that the machine does not have is left out.
for (const engine of [chromium, firefox, webkit]) {
  describe(`in ${engine.name}`, { concurrent: true, skip: !engine.installed }, () => {
    let tab: Tab;
    let pages: Pages;
    let server: Server;
    const known = token();

    beforeAll(async () => {
      [tab, pages, server] = await Promise.all([engine.start(), Pages.start(), Server.start()]);
    });
    afterAll(async () => {
      await tab?.close();
      pages?.close();
      await server?.kill();
    });

    const reaches = (expression: string, wanted: unknown) =>
      eventually(async () => expect(await tab.evaluate(expression)).toEqual(wanted), { interval: 50 });
    const publish = (topic: string, ...payloads: unknown[]) => server.publish(...payloads.map((payload) => ({ topic, type: 'x', payload })));
    async function listen(topic: string, url = server.url): Promise<void> {
      await tab.open(pages.put(`/${topic}.html`, page(listening({ url, token: known, topic, options: "reconnectInterval: 200, logLevel: 'silent'" }))));
      await reaches('globalThis.live === true', true);
    }

    test.sequential('an event published over HTTP reaches the page over a WebSocket', async () => {
      await listen('event');
      await publish('event', { hello: 'wörld 🌍' });
      await reaches('events', [{ hello: 'wörld 🌍' }]);
      expect(await tab.evaluate('client.status')).toMatchObject({ state: 'connected', transport: 'websocket' });
    });

    test.sequential('a burst of 1,000 is whole and in order', async () => {
      await listen('burst');
      const all = Array.from({ length: 1_000 }, (_, number) => number);
      await publish('burst', ...all);
      await reaches('events', all);
      expect(await tab.evaluate('client.statistics()')).toMatchObject({ opens: 1, delivered: 1_000, gaps: 0 });
    });

    test.sequential('a server that is killed and started again has lost its past, which is told; what comes after arrives', async () => {
      await listen('restart');
      await publish('restart', 1);
      await reaches('events', [1]);
      await server.kill();
      await reaches('client.status.state', 'connecting');
      server = await Server.start(new URL(server.url).host);
      await reaches('client.status.state', 'connected');
      await publish('restart', 2);
      await reaches('events', [1, 2]);
      expect(await tab.evaluate('gaps')).toEqual(['epoch_changed']);
    });

    test.sequential('a WebSocket refused by a proxy: polling, and back, each numbered event once and in order', async () => {
      const proxy = await Proxy.start(server.url);
      try {
        await listen('numbered', proxy.url);
        await publish('numbered', 0, 1);
        await reaches('events', [0, 1]);
        proxy.refuseWebSockets(true);
        await publish('numbered', 2, 3);
        await reaches('client.status.transport', 'polling');
        await publish('numbered', 4, 5);
        await reaches('events', [0, 1, 2, 3, 4, 5]);
        proxy.refuseWebSockets(false);
        await reaches('client.status.transport', 'websocket');
        await publish('numbered', 6, 7);
        await reaches('events', [0, 1, 2, 3, 4, 5, 6, 7]);
        expect(await tab.evaluate('gaps')).toEqual([]);
      } finally {
        proxy.close();
      }
    });
  });
}
