import { JSDOM } from 'jsdom';
import { readFileSync } from 'node:fs';
import { StrictMode, useState } from 'react';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { SteadfastProvider, useEvents, useStatus, useWebSocket } from '../../src/react/index.js';
import { eventually, PATIENCE } from '../support/patience.js';
import { Server, token, WebSocket } from '../support/server.js';

// The server's helpers need Node's own globals, so only the document is jsdom's.
const { window } = new JSDOM('<!doctype html><body></body>');
const { document, navigator, AbortController, AbortSignal } = window;
for (const [name, value] of Object.entries({ window, document, navigator, AbortController, AbortSignal })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
const { act, cleanup, render, screen, waitFor } = await import('@testing-library/react');

let server: Server;
const wasm = new Uint8Array(readFileSync(new URL('../../build/core.wasm', import.meta.url)));

beforeAll(async () => {
  server = await Server.start();
}, 600_000);
afterAll(() => server.kill());
afterEach(cleanup);

/** Counts the sockets that are opened. */
function counting() {
  const sockets: InstanceType<typeof WebSocket>[] = [];
  class Counted extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  return { sockets, Counted };
}

function Incidents() {
  const { events, live } = useEvents('incidents');
  return <p>{useStatus().state} {live ? 'live' : ''} {events.map((event) => String(event.payload)).join()}</p>;
}

test('strict mode opens one socket; inline options open none anew; the last to leave closes it', async () => {
  const { sockets, Counted } = counting();
  const known = token();
  let again: () => void = () => undefined;
  function App() {
    const [, set] = useState(0);
    again = () => set((count) => count + 1);
    return <SteadfastProvider options={{ url: server.url, getToken: () => known, WebSocket: Counted, wasm, logLevel: 'silent' }}><Incidents /></SteadfastProvider>;
  }
  const { unmount } = render(<StrictMode><App /></StrictMode>);
  await screen.findByText(/connected live/, {}, PATIENCE);
  act(() => again());
  await server.publish({ topic: 'incidents', type: 'incident_alert', payload: 'power' });
  await screen.findByText(/power/, {}, PATIENCE);
  expect(sockets).toHaveLength(1);
  unmount();
  await eventually(() => expect(sockets[0]?.readyState).toBe(3));
  expect(sockets).toHaveLength(1);
});

test('the seed\'s hook has a client of its own where it is given an address', async () => {
  const { sockets, Counted } = counting();
  const known = token();
  globalThis.WebSocket = Counted as unknown as typeof globalThis.WebSocket;
  function Seed() {
    const { isConnected, lastMessage } = useWebSocket({ url: server.url, getToken: () => known, topics: ['own'], onMessage: () => undefined });
    return <p>{String(isConnected)} {String(lastMessage?.incident)}</p>;
  }
  const { init } = await import('../../src/index.js');
  await init({ wasm });
  const { unmount } = render(<StrictMode><Seed /></StrictMode>);
  await screen.findByText(/true/, {}, PATIENCE);
  await waitFor(async () => {
    await server.publish({ topic: 'own', type: 'incident_alert', payload: { incident: 'fire' } });
    screen.getByText(/fire/);
  }, PATIENCE);
  expect(sockets).toHaveLength(1);
  unmount();
  await eventually(() => expect(sockets[0]?.readyState).toBe(3));
});
