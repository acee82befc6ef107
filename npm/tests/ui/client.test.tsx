// @vitest-environment jsdom
import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, expect, test, vi } from 'vitest';

import { SteadfastProvider, useOptionalSteadfast } from '../../src/react/index.js';
import { ConnectionStatus, RealTimeNotifications, useNotifications } from '../../src/ui/index.js';
import { WholeFake } from '../react/fake.js';
import { FakeClient } from './fake.js';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

test('without a `client` the components take the provider’s', async () => {
  const fake = new WholeFake();
  render(<SteadfastProvider client={fake.client}><ConnectionStatus /><RealTimeNotifications topics={['incidents']} /></SteadfastProvider>);
  await act(async () => {
    fake.incident('Power loss');
    fake.set({ transport: 'polling' });
  });
  expect(screen.getByText('Live by polling')).toBeTruthy();
  expect(screen.getByText('1 unread')).toBeTruthy();
});

test('a `client` given goes before the provider’s', () => {
  const [outer, own] = [new WholeFake(), new FakeClient()];
  own.status = { ...own.status, state: 'disconnected', transport: null };
  const wrapper = ({ children }: { children: ReactNode }) => <SteadfastProvider client={outer.client}>{children}</SteadfastProvider>;
  render(<><ConnectionStatus client={own} /><RealTimeNotifications client={own} topics={['incidents']} /></>, { wrapper });
  expect(screen.getByText('Disconnected')).toBeTruthy();
  expect([outer.listeners('incidents').length, own.listeners('incidents').length]).toEqual([0, 1]);
  expect(renderHook(() => useOptionalSteadfast(), { wrapper }).result.current).toBe(outer.client);
});

test('with neither, one sentence says what to do', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const sentence = /^There is no client here: put <SteadfastProvider options=\{\{ url, getToken \}\}> around this component, or give it a `client`\.$/;
  expect(() => render(<ConnectionStatus />)).toThrow(sentence);
  expect(() => render(<RealTimeNotifications />)).toThrow(sentence);
  expect(() => renderHook(() => useNotifications({ topics: ['incidents'] }))).toThrow(sentence);
  expect(renderHook(() => useOptionalSteadfast()).result.current).toBeNull();
});
