import { WINDOW } from './timeline';
import type { Timeline, Way } from './timeline';

/** A minute of the timeline, as a row of a table. */
export interface Minute {
  /** Its beginning, in milliseconds since 1970. */
  readonly from: number;
  /** Seconds with each way. */
  readonly ways: Readonly<Record<Way, number>>;
  readonly attempts: number;
  readonly failedPolls: number;
  readonly gaps: number;
  readonly repeats: number;
  /** In milliseconds; `null` where no event came. */
  readonly latency: { readonly mean: number; readonly worst: number } | null;
}

const MINUTE = 60_000;

/** The last five minutes up to now, the newest first. */
export function minutesOf(timeline: Timeline, now: number): readonly Minute[] {
  return Array.from({ length: WINDOW / MINUTE }, (_, index) => minute(timeline, now - (index + 1) * MINUTE));
}

function minute({ spans, seconds }: Timeline, from: number): Minute {
  const to = from + MINUTE;
  const within = seconds.filter(({ at }) => at > from && at <= to);
  const sum = (name: 'attempts' | 'failedPolls' | 'gaps' | 'repeats') => within.reduce((total, second) => total + second[name], 0);
  const measured = within.map(({ latency }) => latency).filter((latency) => latency !== null);
  const events = measured.reduce((total, { count }) => total + count, 0);
  const ways = { websocket: 0, polling: 0, none: 0 };
  for (const span of spans) {
    const shared = Math.min(span.to ?? to, to) - Math.max(span.from, from);
    if (shared > 0) ways[span.way] += shared / 1_000;
  }
  return {
    from,
    ways,
    attempts: sum('attempts'),
    failedPolls: sum('failedPolls'),
    gaps: sum('gaps'),
    repeats: sum('repeats'),
    latency: events === 0 ? null : {
      mean: measured.reduce((total, { mean, count }) => total + mean * count, 0) / events,
      worst: Math.max(...measured.map(({ worst }) => worst)),
    },
  };
}
