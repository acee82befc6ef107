// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { RealTimeNotifications } from '../../src/ui/index.js';
import { FakeClient } from './fake.js';

let tones: number[] = [];
let mayPlay = true;

class FakeAudioContext {
  state = 'suspended';
  currentTime = 0;
  destination = {};
  resume() {
    if (mayPlay) this.state = 'running';
    return Promise.resolve();
  }
  close() { return Promise.resolve(); }
  createOscillator() {
    const frequency = { value: 0 };
    return { frequency, connect: (next: unknown) => next, start: () => void tones.push(frequency.value), stop: () => undefined };
  }
  createGain() {
    return { gain: { setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined }, connect: (next: unknown) => next };
  }
}

beforeEach(() => {
  tones = [];
  mayPlay = true;
  vi.stubGlobal('AudioContext', FakeAudioContext);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const settle = (change: () => unknown) => act(async () => void (await change()));

test('no sound before a gesture; then one pattern a burst, by the worst; muted is silent', async () => {
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} />);
  screen.getByRole('button', { name: 'Sound is blocked: click to enable' });
  await settle(() => client.incident('Before'));
  expect(tones).toEqual([]);
  await settle(() => fireEvent.pointerDown(document.body));
  const mute = screen.getByRole('button', { name: 'Mute sound' });
  await settle(() => {
    client.incident('First');
    client.event('system_notification', { title: 'Warning' }, { priority: 'warning' });
  });
  expect(tones).toEqual([880, 660, 880, 660]);
  await settle(() => client.event('system_notification', { title: 'Warning' }, { priority: 'warning' }));
  expect(tones).toEqual([880, 660, 880, 660, 520]);
  fireEvent.click(mute);
  await settle(() => client.incident('Second'));
  expect(tones).toHaveLength(5);
  screen.getByRole('button', { name: 'Unmute sound' });
});

test('a browser that refuses is shown as blocked, one without Web Audio as such', async () => {
  mayPlay = false;
  render(<RealTimeNotifications client={new FakeClient()} />);
  await settle(() => fireEvent.click(screen.getByRole('button', { name: /blocked/ })));
  screen.getByRole('button', { name: /blocked/ });
  vi.stubGlobal('AudioContext', undefined);
  cleanup();
  render(<RealTimeNotifications client={new FakeClient()} />);
  await settle(() => fireEvent.keyDown(document.body));
  screen.getByText('No sound in this browser');
});

test('it repeats while something critical is unacknowledged', async () => {
  vi.useFakeTimers();
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} sound={{ repeatEvery: 10_000 }} />);
  await settle(() => fireEvent.pointerDown(document.body));
  await settle(() => client.incident('Power loss'));
  await settle(() => vi.advanceTimersByTime(20_000));
  expect(tones).toHaveLength(12);
  await settle(() => client.settled('e1'));
  await settle(() => vi.advanceTimersByTime(60_000));
  expect(tones).toHaveLength(12);
});
