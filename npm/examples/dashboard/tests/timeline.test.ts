import type { Statistics, Status } from 'steadfast';
import { describe, expect, test } from 'vitest';

import { minutesOf } from '../src/timeline/minutes';
import { MOST_ENTRIES, MOST_SPANS, NO_TIMELINE, reduceTimeline, WINDOW } from '../src/timeline/timeline';
import type { Timeline, TimelineAction } from '../src/timeline/timeline';

const fold = (actions: readonly TimelineAction[], timeline: Timeline = NO_TIMELINE) => actions.reduce(reduceTimeline, timeline);
const status = (more: Partial<Status> = {}): Status => ({ state: 'connected', transport: 'websocket', attempt: 0, retryAt: null, reason: null, ...more });
const WEBSOCKET = status();
const POLLING = status({ transport: 'polling' });
const TRYING = status({ state: 'connecting', transport: null, attempt: 1, reason: { code: 1006, retryable: true, message: 'The connection was lost.' } });
const turns = (list: readonly (readonly [number, Status])[]) => list.map(([at, now]): TimelineAction => ({ kind: 'status', at, status: now }));
const second = (at: number, counted: Partial<Statistics> = {}): TimelineAction =>
  ({ kind: 'second', at, statistics: { opens: 0, exchangesFailed: 0, gaps: 0, repeats: 0, ...counted } as Statistics });

describe('timeline', () => {
  test('a stretch ends where the next begins, and changes that leave the way alone make none', () => {
    const { spans } = fold(turns([[0, TRYING], [1_000, WEBSOCKET], [5_000, TRYING], [6_000, status({ ...TRYING, attempt: 2 })], [15_000, POLLING]]));
    expect(spans).toEqual([
      { way: 'none', from: 0, to: 1_000 }, { way: 'websocket', from: 1_000, to: 5_000 },
      { way: 'none', from: 5_000, to: 15_000 }, { way: 'polling', from: 15_000, to: null },
    ]);
  });

  test('what happened stands in words, the reason with it, and not twice', () => {
    const { entries } = fold(turns([[0, WEBSOCKET], [1_000, TRYING], [1_500, TRYING], [2_000, POLLING]]));
    expect(entries.map(({ text }) => text)).toEqual([
      'Connected by polling', 'Connecting, 1 failed so far: The connection was lost.', 'Connected by WebSocket',
    ]);
  });

  test('counters become what happened in each second, and latencies their mean and worst', () => {
    const { seconds, entries } = fold([
      { kind: 'delivered', latency: 10 }, { kind: 'delivered', latency: 30 }, { kind: 'delivered', latency: -5 },
      second(1_000, { opens: 1 }), second(2_000, { opens: 3, gaps: 1, repeats: 4, exchangesFailed: 2 }), second(3_000, { opens: 3, gaps: 1, repeats: 4, exchangesFailed: 2 }),
    ]);
    expect(seconds).toEqual([
      { at: 1_000, latency: { mean: 40 / 3, worst: 30, count: 3 }, attempts: 1, failedPolls: 0, gaps: 0, repeats: 0 },
      { at: 2_000, latency: null, attempts: 2, failedPolls: 2, gaps: 1, repeats: 4 },
      { at: 3_000, latency: null, attempts: 0, failedPolls: 0, gaps: 0, repeats: 0 },
    ]);
    expect(entries.map(({ text }) => text)).toEqual(['4 repeated events dropped']);
  });

  test('a client that begins anew counts from nothing, never backwards', () => {
    const { seconds } = fold([second(1_000, { opens: 9 }), second(2_000, { opens: 1 })]);
    expect(seconds.map(({ attempts }) => attempts)).toEqual([9, 0]);
  });

  test('five minutes are kept, and no more', () => {
    const long = fold([...turns([[0, WEBSOCKET], [1_000, POLLING], [2_000, WEBSOCKET]]), ...Array.from({ length: 1_000 }, (_, index) => second((index + 1) * 1_000))]);
    expect(long.seconds).toHaveLength(WINDOW / 1_000);
    expect(long.seconds.at(-1)?.at).toBe(1_000_000);
    expect(long.spans).toEqual([{ way: 'websocket', from: 2_000, to: null }]);
    const flapping = fold(turns(Array.from({ length: 2_000 }, (_, index) => [index, index % 2 ? WEBSOCKET : TRYING])));
    expect(flapping.spans).toHaveLength(MOST_SPANS);
    expect(flapping.entries).toHaveLength(MOST_ENTRIES);
  });

  test('as a table: each minute has its share of the ways, its counts and its latency', () => {
    const told = fold([
      ...turns([[0, TRYING], [10_000, WEBSOCKET], [90_000, POLLING]]),
      { kind: 'delivered', latency: 10 }, second(30_000, { opens: 2 }),
      { kind: 'delivered', latency: 20 }, { kind: 'delivered', latency: 40 }, { kind: 'delivered', latency: 60 }, second(100_000, { opens: 2, gaps: 1 }),
      second(110_000, { opens: 4, gaps: 1 }),
    ]);
    const [newest, before, oldest] = minutesOf(told, 120_000);
    expect(newest).toEqual({
      from: 60_000, ways: { websocket: 30, polling: 30, none: 0 }, attempts: 2, failedPolls: 0, gaps: 1, repeats: 0, latency: { mean: 40, worst: 60 },
    });
    expect(before).toMatchObject({ from: 0, ways: { websocket: 50, polling: 0, none: 10 }, attempts: 2, latency: { mean: 10, worst: 10 } });
    expect(oldest).toMatchObject({ ways: { websocket: 0, polling: 0, none: 0 }, attempts: 0, latency: null });
  });
});
