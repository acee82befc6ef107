// @vitest-environment jsdom
import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import { StrictMode, version } from 'react';
import type { ReactNode } from 'react';
import { version as domVersion } from 'react-dom';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, expectTypeOf, test, vi } from 'vitest';

import {
  SteadfastProvider, useAcknowledge, useEvents, useLatest, usePublish, useStatistics, useStatus, useSteadfast, useSubscription,
} from '../../src/react/index.js';
import { connected } from '../ui/fake.js';
import { WholeFake } from './fake.js';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const settle = (change: () => unknown) => act(async () => void (await change()));

function within(fake: WholeFake) {
  return ({ children }: { children: ReactNode }) => <SteadfastProvider client={fake.client}>{children}</SteadfastProvider>;
}

test('these tests run with the React that their project names', () => {
  const named = process.env.REACT ?? '19';
  expect([version, domVersion].map((text) => text.split('.')[0])).toEqual([named, named]);
});

test('without a provider a hook says what to do', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(() => renderHook(() => useSteadfast())).toThrow(/put <SteadfastProvider/);
});

test('the status follows the client', async () => {
  const fake = new WholeFake();
  const { result } = renderHook(() => useStatus(), { wrapper: within(fake) });
  expect(result.current).toBe(connected);
  await settle(() => fake.set({ state: 'connecting', transport: null }));
  expect(result.current.state).toBe('connecting');
});

test('a burst of 1,000 is whole, in order, and costs a handful of renders', async () => {
  const fake = new WholeFake();
  let renders = 0;
  const { result } = renderHook(() => {
    renders += 1;
    return useEvents('incidents', { limit: 1_000 });
  }, { wrapper: within(fake) });
  await settle(() => undefined);
  const before = renders;
  await settle(() => {
    for (let index = 0; index < 1_000; index += 1) fake.event('incident_alert', index);
  });
  expect(result.current.events.map((event) => event.payload)).toEqual([...Array(1_000).keys()]);
  expect(result.current.dropped).toBe(0);
  expect(renders - before).toBeLessThanOrEqual(4);
});

test('beyond the limit the oldest goes and is counted; clear forgets', async () => {
  const fake = new WholeFake();
  const { result } = renderHook(() => useEvents('incidents', { limit: 3 }), { wrapper: within(fake) });
  await settle(() => {
    for (let index = 0; index < 20; index += 1) fake.event('incident_alert', index);
  });
  await settle(() => fake.event('incident_alert', 20));
  expect(result.current.events.map((event) => event.payload)).toEqual([18, 19, 20]);
  expect(result.current.dropped).toBe(18);
  await settle(() => result.current.clear());
  expect(result.current).toMatchObject({ events: [], dropped: 0 });
});

test('gaps, live and refusals are told', async () => {
  const fake = new WholeFake();
  const { result } = renderHook(() => useEvents('incidents'), { wrapper: within(fake) });
  const [listener] = fake.listeners('incidents');
  await settle(() => listener?.onLive?.());
  expect(result.current.live).toBe(true);
  await settle(() => listener?.onGap?.({ topic: 'incidents', reason: 'epoch_changed' }));
  expect(result.current).toMatchObject({ live: false, gaps: [{ reason: 'epoch_changed' }] });
  const error = Object.assign(new Error('no'), { name: 'SteadfastError' as const, code: 'forbidden', retryable: false, mayHaveTakenEffect: false });
  await settle(() => listener?.onFailed?.(error));
  expect(result.current.error).toBe(error);
});

test('strict mode keeps one subscription; leaving ends it, and another topic takes its place', async () => {
  vi.useFakeTimers();
  const fake = new WholeFake();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode><SteadfastProvider client={fake.client}>{children}</SteadfastProvider></StrictMode>
  );
  const { rerender, unmount } = renderHook(({ topic }: { topic: string | null }) => useEvents(topic, { keys: ['a'] }), {
    wrapper, initialProps: { topic: 'incidents' as string | null },
  });
  await act(() => vi.runAllTimersAsync());
  expect(fake.listeners('incidents')).toHaveLength(1);
  rerender({ topic: 'threats' });
  await act(() => vi.runAllTimersAsync());
  expect([fake.listeners('incidents').length, fake.listeners('threats').length]).toEqual([0, 1]);
  rerender({ topic: null });
  await act(() => vi.runAllTimersAsync());
  expect(fake.listeners('threats')).toHaveLength(0);
  unmount();
});

test('the values of a state topic follow writes, deletions and resets', async () => {
  const fake = new WholeFake();
  const { result } = renderHook(() => useLatest('kpis'), { wrapper: within(fake) });
  const write = (key: string, payload: unknown) => fake.event('kpi_update', payload, { topic: 'kpis', key });
  const shown = () => Object.fromEntries([...result.current].map(([key, event]) => [key, event.payload]));
  const [listener] = fake.listeners('kpis');
  await settle(() => [write('a', 1), write('b', 2), write('a', 3), listener?.onLive?.()]);
  expect(shown()).toEqual({ a: 3, b: 2 });
  await settle(() => listener?.onDeleted?.({ topic: 'kpis', key: 'b', type: 'kpi_update', replay: false }));
  expect(shown()).toEqual({ a: 3 });
  await settle(() => [write('c', 4), listener?.onReset?.(), write('c', 5)]);
  // Nothing vanishes before all has come.
  expect(shown()).toEqual({ a: 3, c: 5 });
  await settle(() => listener?.onLive?.());
  expect(shown()).toEqual({ c: 5 });
});

test('one key alone is asked for', async () => {
  const fake = new WholeFake();
  const subscribe = vi.spyOn(fake, 'subscribe');
  const { result } = renderHook(() => useLatest('kpis', 'a'), { wrapper: within(fake) });
  expect(subscribe.mock.calls[0]?.slice(2)).toEqual([{ keys: ['a'] }]);
  expect(result.current).toBeUndefined();
  await settle(() => fake.event('kpi_update', 1, { topic: 'kpis', key: 'a' }));
  expect(result.current?.payload).toBe(1);
});

test('an inline handler subscribes once and the newest is called', async () => {
  const fake = new WholeFake();
  const subscribe = vi.spyOn(fake, 'subscribe');
  const heard: string[] = [];
  const { rerender } = renderHook(({ name }) => useSubscription('incidents', () => heard.push(name), { keys: ['a'] }), {
    wrapper: within(fake), initialProps: { name: 'first' },
  });
  await settle(() => fake.event('incident_alert', 1));
  rerender({ name: 'second' });
  await settle(() => fake.event('incident_alert', 2));
  expect(heard).toEqual(['first', 'second']);
  expect(subscribe).toHaveBeenCalledOnce();
  // Gaps that nobody hears stay the client's to log.
  expect(subscribe.mock.calls[0]?.[1]).not.toHaveProperty('onGap');
});

test('publishing names the topic, and the function stays the same', async () => {
  const fake = new WholeFake();
  interface Events { incident_action: { id: string } }
  const { result, rerender } = renderHook(() => usePublish<Events>('incidents'), { wrapper: within(fake) });
  const before = result.current;
  rerender();
  expect(result.current).toBe(before);
  await result.current('incident_action', { id: 'x' }, { priority: 'high' });
  expect(fake.publish).toHaveBeenCalledExactlyOnceWith('incidents', 'incident_action', { id: 'x' }, { priority: 'high' });
  expectTypeOf(result.current).parameter(0).toEqualTypeOf<'incident_action'>();
});

test('an acknowledgement is pending until confirmed, and a failure is kept until the next', async () => {
  const fake = new WholeFake();
  const { result } = renderHook(() => useAcknowledge(), { wrapper: within(fake) });
  let confirm: () => void = () => undefined;
  fake.answer = () => new Promise((resolve) => { confirm = () => resolve({ unknown: [] }); });
  let done: Promise<unknown> = Promise.resolve();
  await settle(() => { done = result.current.acknowledge(['a', 'b']); });
  expect([...result.current.pending]).toEqual(['a', 'b']);
  await settle(() => { confirm(); return done; });
  expect(result.current.pending.size).toBe(0);
  fake.answer = () => Promise.reject(new Error('refused'));
  await settle(() => expect(result.current.acknowledge('c')).rejects.toThrow('refused'));
  expect(result.current.error?.message).toBe('refused');
});

test('the counters are read', () => {
  const { result } = renderHook(() => useStatistics(), { wrapper: within(new WholeFake()) });
  expect(result.current?.delivered).toBe(7);
});

test('a server renders it, and the browser takes it over without a mismatch', async () => {
  const complaints = vi.spyOn(console, 'error');
  function Page() {
    const { events } = useEvents('incidents');
    return <p>{useStatus().state}, {events.length}</p>;
  }
  const options = { url: 'http://localhost', getToken: () => 't', autoConnect: false };
  const html = renderToString(<SteadfastProvider options={options}><Page /></SteadfastProvider>);
  const container = document.createElement('div');
  container.innerHTML = html;
  expect(container.textContent).toBe('disconnected, 0');
  document.body.append(container);
  const fake = new WholeFake();
  await settle(() => render(<SteadfastProvider client={fake.client}><Page /></SteadfastProvider>, { container, hydrate: true }));
  // From what the server said to what is so, without a complaint in between.
  expect(screen.getByText('connected, 0')).toBeTruthy();
  expect(complaints).not.toHaveBeenCalled();
});

test('two providers are two clients', async () => {
  const [one, other] = [new WholeFake(), new WholeFake()];
  function State() { return <p>{useStatus().state}</p>; }
  render(<><SteadfastProvider client={one.client}><State /></SteadfastProvider><SteadfastProvider client={other.client}><State /></SteadfastProvider></>);
  await settle(() => one.set({ state: 'closed' }));
  expect(screen.getAllByText(/./).map((node) => node.textContent)).toContain('closed');
  expect(screen.getByText('connected')).toBeTruthy();
});
