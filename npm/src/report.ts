import type { Call } from './core/names.js';
import type { Cursor, StatisticName, Statistics, Status } from './types.js';

/** The machine's counters, in its order. */
export const STATISTICS: readonly StatisticName[] = [
  'opens', 'welcomes', 'exchanges', 'exchangesFailed', 'delivered', 'repeats', 'stale', 'staleFrames', 'gaps', 'resets',
  'rewinds', 'refused', 'ephemeralDropped', 'badFrames', 'unknownFrames', 'receiptsDropped', 'resends', 'fallbacks',
  'probes', 'drains',
];

/** The calls by name, in the order of `Call`. */
const CALLS = /* @__PURE__ */ (() => ('connect disconnect subscribe unsubscribe submit send acknowledge cancel tokenReady tokenFailed opened '
  + 'frame badFrame closed buffered answered exchangeFailed taken tick visible hidden online offline freeze thaw').split(' '))();

/** How many of the last inputs are kept. */
const MOST_KEPT = 100;

/** Keeps what the machine was last told: names and leading numbers, never a token or a payload. */
export class Recorder {
  #lines: string[] = [];
  #events = 0;

  event(): void {
    this.#events += 1;
  }

  call(what: Call, values: readonly unknown[]): void {
    // Only the first: further behind, a payload may be a number.
    const numbers = values.slice(0, 4).filter(Number.isInteger);
    this.lines().push(`${new Date().toJSON()} ${CALLS[what]} ${numbers}`);
  }

  /** The lines, oldest first. */
  lines(): string[] {
    if (this.#events) this.#lines.push(`${this.#events} events`);
    this.#events = 0;
    return this.#lines = this.#lines.slice(-MOST_KEPT);
  }
}

/** A topic, as a report shows it. */
export interface ReportedTopic {
  readonly name: string;
  readonly listeners: number;
  readonly cursor: Cursor | null;
}

/** What support needs, as text. */
export function writeReport(status: Status, statistics: Statistics, topics: readonly ReportedTopic[], recorder: Recorder): string {
  return JSON.stringify({ status, statistics, topics, inputs: recorder.lines() }, null, 1);
}
