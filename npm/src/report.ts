import type { Call } from './core/names.js';
import type { Topic } from './topics.js';
import type { StatisticName, Statistics, Status } from './types.js';

/** The machine's counters, in its order. */
export const STATISTICS: readonly StatisticName[] = [
  'opens', 'welcomes', 'exchanges', 'exchangesFailed', 'delivered', 'repeats', 'stale', 'staleFrames', 'gaps', 'resets',
  'rewinds', 'refused', 'ephemeralDropped', 'badFrames', 'unknownFrames', 'receiptsDropped', 'resends', 'fallbacks',
  'probes', 'drains',
];

/** The calls by name, in the order of `Call`. */
const CALLS = ('connect disconnect subscribe unsubscribe submit send acknowledge cancel tokenReady tokenFailed opened '
  + 'frame badFrame closed buffered answered exchangeFailed taken tick visible hidden online offline freeze thaw').split(' ');

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
    const end = values.findIndex((value) => typeof value !== 'number');
    this.#keep(`${CALLS[what]} ${values.slice(0, end < 0 ? 4 : Math.min(end, 4)).join(' ')}`);
  }

  /** The lines, oldest first. */
  lines(): readonly string[] {
    this.#flush();
    return this.#lines;
  }

  #keep(line: string): void {
    this.#flush();
    this.#lines.push(`${new Date().toISOString()} ${line}`);
    // Halved now and then, which is cheaper than moving all for each.
    if (this.#lines.length > 2 * MOST_KEPT) this.#lines = this.#lines.slice(-MOST_KEPT);
  }

  #flush(): void {
    if (this.#events) this.#lines.push(`… ${this.#events} events`);
    this.#events = 0;
  }
}

/** What support needs, as text. */
export function writeReport(status: Status, statistics: Statistics, topics: Iterable<Topic>, recorder: Recorder): string {
  const counted = Object.entries(statistics).filter(([, count]) => count).map(([name, count]) => `${name} ${count}`);
  const followed = [...topics].map(({ name, members, cursor }) =>
    `${name}: ${members} listeners, ${cursor ? `${cursor.epoch} ${cursor.offset}` : 'no cursor'}`);
  return [
    `status: ${JSON.stringify(status)}`, `counters: ${counted.join(', ')}`, 'topics:', ...followed, 'last inputs:',
    ...recorder.lines().slice(-MOST_KEPT),
  ].join('\n');
}
