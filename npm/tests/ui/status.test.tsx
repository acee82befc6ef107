// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import axe from 'axe-core';
import { afterEach, expect, test, vi } from 'vitest';

import { ConnectionStatus, StringsProvider } from '../../src/ui/index.js';
import { FakeClient } from './fake.js';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

async function noViolations() {
  const { violations } = await axe.run(document.body, { rules: { region: { enabled: false }, 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
}

test('each state has its words, and a way out where there is one', async () => {
  const client = new FakeClient();
  render(<ConnectionStatus client={client} />);
  expect(screen.getByRole('status').textContent).toBe('Live');
  expect(screen.queryByRole('button')).toBeNull();
  await noViolations();
  act(() => client.set({ transport: 'polling' }));
  expect(screen.getByRole('status').textContent).toBe('Live by polling');
  for (const [state, words] of [['loading', 'Loading'], ['disconnected', 'Disconnected'], ['crashed', 'Failed']] as const) {
    act(() => client.set({ state, transport: null }));
    expect(screen.getByRole('status').textContent).toBe(words);
    await noViolations();
  }
  act(() => client.set({ state: 'closed', reason: { code: 4403, retryable: false, message: 'The server refuses this user.' } }));
  screen.getByText('The server refuses this user.');
  fireEvent.click(screen.getByRole('button', { name: 'Reconnect now' }));
  expect(client.connects).toBe(1);
  await noViolations();
});

test('the countdown runs', () => {
  vi.useFakeTimers();
  const client = new FakeClient();
  render(<ConnectionStatus client={client} />);
  act(() => client.set({ state: 'connecting', transport: null, attempt: 2, retryAt: Date.now() + 4_000 }));
  screen.getByText('next attempt in 4 s');
  screen.getByText('2 failed attempts');
  act(() => void vi.advanceTimersByTime(3_000));
  screen.getByText('next attempt in 1 s');
});

test('compact, with texts from a provider', async () => {
  const client = new FakeClient();
  render(<StringsProvider value={{ connected: 'Verbunden' }}><ConnectionStatus client={client} compact /></StringsProvider>);
  expect(screen.getByRole('status').textContent).toBe('Verbunden');
  await noViolations();
});
