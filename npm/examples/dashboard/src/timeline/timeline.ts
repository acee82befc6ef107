import type { Statistics, Status } from 'steadfast';

/** How the page was connected. */
export type Way = 'websocket' | 'polling' | 'none';

/** A stretch of time with one way. */
export interface Span {
  readonly way: Way;
  /** Milliseconds since 1970. */
  readonly from: number;
  /** `null`: it goes on. */
  readonly to: number | null;
}

/** What happened in one second. */
export interface Second {
  /** Its end, in milliseconds since 1970. */
  readonly at: number;
  /** Events that came when they happened, and how long they took; `null` where none came. */
  readonly latency: { readonly mean: number; readonly worst: number; readonly count: number } | null;
  /** WebSockets asked for. */
  readonly attempts: number;
  readonly failedPolls: number;
  readonly gaps: number;
  readonly repeats: number;
}

/** Something to be read in words. */
export interface Entry {
  readonly key: number;
  readonly at: number;
  readonly text: string;
}

/** The last minutes of a connection. */
export interface Timeline {
  /** The oldest first. */
  readonly spans: readonly Span[];
  readonly seconds: readonly Second[];
  /** The newest first. */
  readonly entries: readonly Entry[];
  readonly written: number;
  /** The counters at the last second. */
  readonly counted: Statistics | null;
  /** Latencies since the last second. */
  readonly fresh: { readonly sum: number; readonly worst: number; readonly count: number };
}

/** What a timeline is told. Times are milliseconds since 1970. */
export type TimelineAction =
  | { readonly kind: 'status'; readonly at: number; readonly status: Status }
  | { readonly kind: 'delivered'; readonly latency: number }
  | { readonly kind: 'second'; readonly at: number; readonly statistics: Statistics }
  | { readonly kind: 'noted'; readonly at: number; readonly text: string };

/** How long is remembered. */
export const WINDOW = 5 * 60_000;
/** Changes of the way that are remembered, however fast they come. */
export const MOST_SPANS = 400;
/** Entries that are remembered. */
export const MOST_ENTRIES = 60;

const NOTHING = { sum: 0, worst: 0, count: 0 };

/** Nothing was told yet. */
export const NO_TIMELINE: Timeline = { spans: [], seconds: [], entries: [], written: 0, counted: null, fresh: NOTHING };

/** The way that a status stands for. */
export function wayOf({ state, transport }: Status): Way {
  return state === 'connected' && transport !== null ? transport : 'none';
}

/** The timeline after an action. */
export function reduceTimeline(timeline: Timeline, action: TimelineAction): Timeline {
  switch (action.kind) {
    case 'status':
      return turn(timeline, action.at, action.status);
    case 'delivered': {
      // Clocks that differ make no event arrive before it was published.
      const latency = Math.max(0, action.latency);
      const { sum, worst, count } = timeline.fresh;
      return { ...timeline, fresh: { sum: sum + latency, worst: Math.max(worst, latency), count: count + 1 } };
    }
    case 'second':
      return close(timeline, action.at, action.statistics);
    case 'noted':
      return write(timeline, action.at, action.text);
  }
}

/** What the connection's state is called in the table. */
function sentence(way: Way, { state, attempt, reason }: Status): string {
  if (way === 'websocket') return 'Connected by WebSocket';
  if (way === 'polling') return 'Connected by polling';
  const why = reason === null ? '' : `: ${reason.message}`;
  return `${state === 'connecting' ? `Connecting${attempt > 0 ? `, ${attempt} failed so far` : ''}` : `Not connected (${state})`}${why}`;
}

function turn(timeline: Timeline, at: number, status: Status): Timeline {
  const way = wayOf(status);
  const said = sentence(way, status);
  const written = timeline.entries[0]?.text === said ? timeline : write(timeline, at, said);
  const last = timeline.spans.at(-1);
  if (last?.way === way) return written;
  const spans = last ? [...timeline.spans.slice(0, -1), { ...last, to: at }] : [];
  return { ...written, spans: [...spans, { way, from: at, to: null }].slice(-MOST_SPANS) };
}

function close(timeline: Timeline, at: number, statistics: Statistics): Timeline {
  const since = (name: 'opens' | 'exchangesFailed' | 'gaps' | 'repeats') =>
    Math.max(0, statistics[name] - (timeline.counted?.[name] ?? 0));
  const { sum, worst, count } = timeline.fresh;
  const second: Second = {
    at,
    latency: count === 0 ? null : { mean: sum / count, worst, count },
    attempts: since('opens'),
    failedPolls: since('exchangesFailed'),
    gaps: since('gaps'),
    repeats: since('repeats'),
  };
  const kept = (one: { readonly at: number }) => one.at > at - WINDOW;
  const closed: Timeline = {
    ...timeline,
    spans: timeline.spans.filter(({ to }) => to === null || to > at - WINDOW),
    seconds: [...timeline.seconds.filter(kept).slice(1 - WINDOW / 1_000), second],
    counted: statistics,
    fresh: NOTHING,
  };
  const events = second.repeats === 1 ? '1 repeated event' : `${second.repeats} repeated events`;
  return second.repeats === 0 ? closed : write(closed, at, `${events} dropped`);
}

function write(timeline: Timeline, at: number, text: string): Timeline {
  const entry = { key: timeline.written, at, text };
  return { ...timeline, entries: [entry, ...timeline.entries].slice(0, MOST_ENTRIES), written: timeline.written + 1 };
}
