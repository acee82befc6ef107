// @vitest-environment jsdom
import { expect, test, vi } from 'vitest';

import { watchActivity } from '../src/core/activity.js';
import { Call } from '../src/core/names.js';

test('what the page does is told until the end, and then nothing listens any more', () => {
  const told: Call[] = [];
  const added = [window, document].map((target) => vi.spyOn(target, 'addEventListener'));
  const removed = [window, document].map((target) => vi.spyOn(target, 'removeEventListener'));
  const end = watchActivity((what) => told.push(what));
  const happen = () => {
    for (const type of ['online', 'offline', 'pagehide']) window.dispatchEvent(new Event(type));
    for (const persisted of [true, false]) window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }));
    document.dispatchEvent(new Event('visibilitychange'));
  };
  happen();
  expect(told).toEqual([Call.Online, Call.Offline, Call.Freeze, Call.Thaw, Call.Visible]);
  end();
  happen();
  expect(told).toHaveLength(5);
  expect(removed.map(({ mock }) => mock.calls)).toEqual(added.map(({ mock }) => mock.calls));
});
