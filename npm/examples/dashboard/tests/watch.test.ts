import type { Client, Status } from 'steadfast';
import { afterEach, expect, test, vi } from 'vitest';

import { isLive, watch } from '../src/break-it/watch';

afterEach(() => void vi.useRealTimers());

/** As much of a client as is watched. */
function fake(state: Status['state']) {
  const listeners = new Set<(status: Status) => void>();
  const status = (next: Status['state']): Status => ({ state: next, transport: null, attempt: 0, retryAt: null, reason: null });
  const client = {
    status: status(state),
    onStatus: (listener: (status: Status) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const turn = (next: Status['state']) => {
    client.status = status(next);
    listeners.forEach((listener) => listener(client.status));
  };
  return { client: client as unknown as Client, listeners, turn };
}

test('what is waited for comes, and nobody listens any more', async () => {
  const { client, listeners, turn } = fake('connecting');
  const { done } = watch(client, isLive, 1_000);
  turn('connected');
  await expect(done).resolves.toBeTypeOf('number');
  expect(listeners.size).toBe(0);
});

test.each([
  ['closed', 'the client has stopped; let it connect again first'],
  ['crashed', 'the client has failed; load the page again'],
] as const)('nobody waits for a client that is %s, before or meanwhile', async (state, sentence) => {
  vi.useFakeTimers();
  const { client, listeners, turn } = fake('connecting');
  const meanwhile = watch(client, isLive, 1_000).done;
  turn(state);
  await expect(meanwhile).rejects.toThrow(sentence);
  await expect(watch(client, isLive, 1_000).done).rejects.toThrow(sentence);
  expect(listeners.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('an end that is waited for is no failure', async () => {
  const { client, turn } = fake('connected');
  const { done } = watch(client, (status) => !isLive(status), 1_000);
  turn('closed');
  await expect(done).resolves.toBeTypeOf('number');
});
