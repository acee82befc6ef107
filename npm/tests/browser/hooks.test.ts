import { describe, expect, test } from 'vitest';

import { openTab, setStage } from '../support/browser.js';
import { bundle, putComponents } from '../support/bundle.js';
import { CHROMIUM } from '../support/engines/chromium.js';

// A machine without Chromium still runs everything else.
describe.skipIf(!CHROMIUM)('the hooks in Chromium', () => {
  const stage = setStage();

  test.each([18, 19] as const)('React %i in strict mode: one socket, a burst of 1,000 whole in few renders, a quiet console', async (react) => {
    stage.context = await stage.browser.newContext();
    const { page, said } = await openTab(stage.context);
    const topic = `burst-${react}`;
    const script = await bundle(PAGE, { react, mode: 'development' });
    await page.goto(await putComponents(stage.pages, topic, script, { url: stage.server.url, token: stage.known, topic }));
    await page.getByText('connected by websocket, live').waitFor();
    expect(await page.evaluate('version')).toMatch(`${react}.`);
    const before = Number(await page.evaluate('renders'));
    const all = Array.from({ length: 1_000 }, (_, number) => number);
    await stage.server.publish(...all.map((payload) => ({ topic, type: 'x', payload })));
    await page.getByText('1000 events, 0 dropped').waitFor();
    expect(await page.evaluate('events')).toEqual(all);
    expect(Number(await page.evaluate('renders')) - before).toBeLessThanOrEqual(200);
    expect(await page.evaluate('sockets')).toBe(1);
    expect(said.filter((line) => !line.includes('React DevTools'))).toEqual([]);
  });
});

const PAGE = `
  import { Profiler, StrictMode, version } from 'react';
  import { createRoot } from 'react-dom/client';
  import { SteadfastProvider, useEvents, useStatus } from '../dist/react/index.js';

  globalThis.version = version;
  globalThis.renders = 0;
  globalThis.sockets = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) { super(...given); globalThis.sockets += 1; }
  };
  const { url, token, topic } = globalThis.options;
  function Events() {
    const { events, dropped, live } = useEvents(topic, { limit: 1_000 });
    const { state, transport } = useStatus();
    globalThis.events = events.map(({ payload }) => payload);
    return <p>{state} by {transport}{live && ', live'}: {events.length} events, {dropped} dropped</p>;
  }
  createRoot(document.getElementById('root')).render(
    <StrictMode>
      <SteadfastProvider options={{ url, getToken: () => token }}>
        <Profiler id="events" onRender={() => { globalThis.renders += 1; }}><Events /></Profiler>
      </SteadfastProvider>
    </StrictMode>);
`;
