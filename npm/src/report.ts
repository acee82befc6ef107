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

/** The most numbers of a call that are kept. */
const MOST_NUMBERS = 4;

/** A call, with when it was made and its leading numbers, or so many events. Made a line only where it is read. */
type Kept = { readonly events: number } | { readonly at: number; readonly what: Call; readonly numbers: readonly unknown[] };

/** Keeps what the machine was last told: names and leading numbers, never a token or a payload. */
export class Recorder {
  #kept: Kept[] = [];
  #events = 0;

  event(): void {
    this.#events += 1;
  }

  call(what: Call, values: readonly unknown[]): void {
    this.#flush();
    let end = 0;
    while (end < MOST_NUMBERS && typeof values[end] === 'number') end += 1;
    this.#kept.push({ at: Date.now(), what, numbers: values.slice(0, end) });
    // Halved now and then, which is cheaper than moving all for each.
    if (this.#kept.length > 2 * MOST_KEPT) this.#kept = this.#kept.slice(-MOST_KEPT);
  }

  /** The lines, oldest first. */
  lines(): readonly string[] {
    this.#flush();
    return this.#kept.slice(-MOST_KEPT).map((kept) => 'events' in kept
      ? `… ${kept.events} events` : `${new Date(kept.at).toISOString()} ${CALLS[kept.what]} ${kept.numbers.join(' ')}`);
  }

  #flush(): void {
    if (this.#events) this.#kept.push({ events: this.#events });
    this.#events = 0;
  }
}

/** What support needs, as text. */
export function writeReport(status: Status, statistics: Statistics, topics: Iterable<Topic>, recorder: Recorder): string {
  const counted = Object.entries(statistics).filter(([, count]) => count).map(([name, count]) => `${name} ${count}`);
  const followed = [...topics].map((topic) => {
    const cursor = topic.cursor();
    return `${topic.name}: ${topic.entries.size} listeners, ${cursor ? `${cursor.epoch} ${cursor.offset}` : 'no cursor'}`;
  });
  return [
    `status: ${JSON.stringify(status)}`, `counters: ${counted.join(', ')}`, 'topics:', ...followed, 'last inputs:',
    ...recorder.lines(),
  ].join('\n');
}
