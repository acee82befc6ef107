// @vitest-environment jsdom
import { act, cleanup, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import type { ReactNode } from 'react';
import { afterEach, expect, test, vi } from 'vitest';

import { SteadfastProvider, useNotificationFallback, useWebSocket } from '../../src/react/index.js';
import type { FlatMessage, UseWebSocketOptions } from '../../src/react/index.js';
import { WholeFake } from './fake.js';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const settle = (change: () => unknown) => act(async () => void (await change()));

function hook(fake: WholeFake, options: () => UseWebSocketOptions) {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode><SteadfastProvider client={fake.client}>{children}</SteadfastProvider></StrictMode>
  );
  return renderHook(() => useWebSocket(options()), { wrapper });
}

test('the hook of ADR-010: every message of a burst reaches an inline callback once, with the payload beside the envelope', async () => {
  const fake = new WholeFake();
  const messages: FlatMessage[] = [];
  const subscribe = vi.spyOn(fake, 'subscribe');
  const { result } = hook(fake, () => ({ topics: ['incidents'], onMessage: (message) => messages.push(message) }));
  await settle(() => {
    for (let index = 0; index < 1_000; index += 1) fake.event('incident_alert', { incident: index, type: 'inner' }, { priority: 'critical' });
  });
  expect(messages.map((message) => message.incident)).toEqual([...Array(1_000).keys()]);
  expect(result.current.lastMessage).toMatchObject({
    type: 'incident_alert', incident: 999, priority: 'critical', topic: 'incidents', payload: { incident: 999, type: 'inner' },
  });
  expect(subscribe).toHaveBeenCalledOnce();
});

test('connecting and disconnecting are told, and the flag follows', async () => {
  const fake = new WholeFake();
  const [onConnect, onDisconnect] = [vi.fn(), vi.fn()];
  const { result } = hook(fake, () => ({ onConnect, onDisconnect }));
  await settle(() => undefined);
  expect(result.current.isConnected).toBe(true);
  await settle(() => fake.set({ state: 'connecting', transport: null }));
  expect(result.current.isConnected).toBe(false);
  await settle(() => fake.set({ state: 'connected', transport: 'polling' }));
  expect([onConnect.mock.calls.length, onDisconnect.mock.calls.length]).toEqual([2, 1]);
  result.current.disconnect();
  result.current.connect();
  expect([fake.disconnects, fake.connects]).toEqual([1, 1]);
});

test('the seed\'s messages: subscribe adds, subscribe_kpis replaces, the rest asks the server', async () => {
  const fake = new WholeFake();
  const onError = vi.fn();
  const { result } = hook(fake, () => ({ onError }));
  const subscribe = vi.spyOn(fake, 'subscribe');
  await settle(() => expect(result.current.sendMessage({ type: 'subscribe', topics: ['incidents', 'kpis'] })).toBe(true));
  await settle(() => result.current.sendMessage({ type: 'subscribe_kpis', site_ids: ['A1'] }));
  expect(subscribe.mock.calls.map((call: unknown[]) => [call[0], call[2]])).toEqual([
    ['incidents', {}], ['kpis', {}], ['kpis', { keys: ['A1'] }],
  ]);
  expect(fake.listeners('kpis')).toHaveLength(1);
  expect(result.current.sendMessage({ type: 'heartbeat' })).toBe(true);
  fake.request.mockReturnValueOnce(Promise.reject(new Error('refused')));
  await settle(() => result.current.sendMessage({ type: 'incident_action', incident_id: 'x', action: 'assign' }));
  expect(fake.request.mock.calls).toEqual([['incident_action', { incident_id: 'x', action: 'assign' }]]);
  expect(onError).toHaveBeenCalledOnce();
});

test('without a provider and without an address it says what it needs', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => renderHook(() => useWebSocket())).toThrow(/needs a <SteadfastProvider>/);
});

test('the fallback hook tells that the client polls, and what came by it', async () => {
  const fake = new WholeFake();
  const wrapper = ({ children }: { children: ReactNode }) => <SteadfastProvider client={fake.client}>{children}</SteadfastProvider>;
  const { result } = renderHook(() => useNotificationFallback(false), { wrapper });
  await settle(() => fake.event('incident_alert', { n: 0 }));
  expect(result.current).toEqual({ shouldPoll: false, polledNotifications: null });
  await settle(() => fake.set({ transport: 'polling' }));
  await settle(() => {
    for (let index = 1; index <= 12; index += 1) fake.event('incident_alert', { n: index });
  });
  expect(result.current.polledNotifications?.map(({ n }) => n)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  await settle(() => fake.set({ transport: 'websocket' }));
  expect(result.current.polledNotifications).toBeNull();
});
