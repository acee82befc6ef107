// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';

import { ConnectionStatus, RealTimeNotifications, type Strings, StringsProvider, defaultStrings, useConnectionStatus } from '../../src/ui/index.js';
import type { Status } from '../../src/types.js';
import { FakeClient } from './fake.js';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

/** Every text marked, so that one which comes from elsewhere shows. */
const marked = Object.fromEntries(Object.entries(defaultStrings).map(([name, text]) => [
  name, typeof text === 'string' ? `§${name}` : (...values: unknown[]) => `§${name} ${values.join(' ')}`,
])) as unknown as Strings;

/** What a person reads or hears, apart from the payloads of events and the server's sentences. */
function said(): string[] {
  const texts: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) texts.push(walker.currentNode.textContent ?? '');
  for (const element of document.body.querySelectorAll('*')) {
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) texts.push(element.getAttribute(name) ?? '');
  }
  return texts.map((text) => text.trim()).filter((text) => text !== '' && !text.startsWith('¶'));
}

test('every text of the components is one of the strings', async () => {
  const client = new FakeClient();
  render(<StringsProvider value={marked}>
    <ConnectionStatus client={client} /><ConnectionStatus client={client} compact /><RealTimeNotifications client={client} topics={['incidents']} limit={1} describe={() => ({ title: '¶title' })} />
  </StringsProvider>);
  const seen = new Set<string>();
  const look = () => said().forEach((text) => seen.add(text));
  const settle = async (change: () => unknown) => {
    await act(async () => void (await change()));
    look();
  };
  look();
  for (const state of ['loading', 'disconnected', 'closed', 'crashed', 'connecting', 'connected'] as Status['state'][]) {
    await settle(() => client.set({ state, transport: null, attempt: 2, retryAt: state === 'connecting' ? Date.now() + 9_000 : null, reason: { code: 1, retryable: true, message: '¶reason' } }));
  }
  await settle(() => client.set({ state: 'connected', transport: 'polling' }));
  await settle(() => client.incident('one', { timestamp: '2026-01-02T03:04:05Z' }));
  const frame = { type: 'incident_alert', payload: {}, rt: { id: 'e1', topic: 'incidents', offset: 1 } };
  await settle(() => client.event('incident_alert', { event: frame, state: 'open', by: ['ana'] }, { topic: 'open:incidents', key: 'e1' }));
  expect([...seen]).toContain('§acknowledgedBy ana');
  client.answer = () => Promise.reject(new Error('¶why'));
  await settle(() => fireEvent.click(screen.getAllByRole('button', { name: '§acknowledge' })[0] as HTMLElement));
  await settle(() => fireEvent.click(screen.getAllByRole('button', { name: /^§markRead/ })[0] ?? document.body));
  await settle(() => client.incident('two'));
  await settle(() => client.listeners('incidents').forEach((listener) => listener.onGap?.({ topic: 'incidents', reason: 'history_evicted', lost: [1, 2] })));
  const foreign = [...seen].filter((text) => !text.startsWith('§'));
  expect(foreign).toEqual([]);
  expect(seen.size).toBeGreaterThan(15);
});

test('the status without any look: word, countdown, reason, and a way out', () => {
  vi.useFakeTimers();
  const client = new FakeClient();
  const views: ReturnType<typeof useConnectionStatus>[] = [];
  function Own() {
    views.push(useConnectionStatus({ client, strings: { connected: 'Verbunden' } }));
    return null;
  }
  render(<Own />);
  expect(views.at(-1)).toMatchObject({ label: 'Verbunden', retryIn: null, reason: undefined, canReconnect: false });
  const reason = { code: 1006, retryable: true, message: 'the connection was lost' };
  act(() => client.set({ state: 'connecting', transport: null, retryAt: Date.now() + 3_600_000, reason }));
  expect(views.at(-1)).toMatchObject({ label: 'Connecting', retryIn: 3_600, reason: 'the connection was lost', canReconnect: true });
  views.at(-1)?.reconnect();
  expect(client.connects).toBe(1);
});
