import { describe, expect, test } from 'vitest';

import { openTab, setStage } from '../support/browser.js';
import { CHROMIUM } from '../support/engines/chromium.js';

const SCRIPT = `
  import { createTestServer } from 'steadfast/testing';
  const server = createTestServer();
  const client = server.createClient();
  const saw = [];
  client.subscribe('incidents', { onEvent: ({ payload }) => saw.push(payload), onGap: ({ reason }) => saw.push(reason) });
  await server.expectSubscribed('incidents');
  server.publish('incidents', 'x', 1);
  await server.idle();
  server.loseHistory('incidents');
  await server.idle();
  const { payload } = await client.publish('incidents', 'x', new Uint8Array([2]));
  server.refuseWebSockets(true);
  server.publish('incidents', 'x', 3);
  const leave = client.onStatus(async ({ transport }) => {
    if (transport !== 'polling') return;
    leave();
    await server.idle();
    globalThis.told = JSON.stringify({ saw, offset: payload.offset, connections: server.connections });
    server.close();
  });`;

describe.skipIf(!CHROMIUM)('in Chromium', () => {
  const stage = setStage();

  test('the test server works in a page, from the built package', async () => {
    stage.context = await stage.browser.newContext();
    const { page, said } = await openTab(stage.context);
    const imports = { steadfast: '/index.js', 'steadfast/testing': '/testing/index.js' };
    await page.goto(stage.pages.put('/testing.html', `<!doctype html><link rel=icon href=data:,><title>test</title>
      <script type=importmap>${JSON.stringify({ imports })}</script><script type=module>${SCRIPT}</script>`));
    const told = await page.waitForFunction('globalThis.told').then((handle) => handle.jsonValue() as Promise<string>);
    expect(JSON.parse(told)).toEqual({
      saw: [1, 'slow_consumer', { 0: 2 }, 3], offset: 3, connections: [{ user: 'test', transport: 'polling', topics: ['user', 'incidents'] }],
    });
    expect(said).toEqual([]);
  });
});
