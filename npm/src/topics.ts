import type { EventFrame } from './core/frames.js';
import { Flag } from './core/names.js';
import type { Cursor, Deleted, Delivery, EventOf, SteadfastEvent } from './types.js';

/** One listener of a topic. */
export interface Entry {
  /** For state topics: only these. */
  readonly keys: ReadonlySet<string> | undefined;
  /**
   * Takes what happens. Where there is a `release`, the listener calls it when the application has read the event;
   * one that cannot wait has read it when this returns.
   */
  readonly take: (delivery: Delivery, release?: () => void) => void;
  /** Whether it waits with `release`. */
  readonly keeps: boolean;
  /** Ended by the application: nothing is told any more. */
  ended: boolean;
  /** Once the machine knows of it. */
  place?: { readonly topic: Topic; readonly subscription: number };
}

/** How much is taken before it is told. */
export interface Portion {
  readonly events: number;
  readonly bytes: number;
}

/** What was taken of a topic, to be told to the machine. */
export type Taken = (slot: number, events: number, bytes: number) => void;

/** The most values that are kept of a state topic: the protocol's limit of keys. */
const MOST_KEPT = 10_000;

/** A topic that the machine follows, and who listens to it. */
export class Topic {
  /** The place behind the last event that was delivered. */
  cursor: Cursor | null = null;
  /** Whether it is a state topic, once that is known. */
  isState: boolean | undefined;
  /** How many listeners it has, those included that are still to be told what the others know. */
  members = 0;
  readonly #entries = new Set<Entry>();
  /** The last value of each key, where it is a state topic: for listeners that come late. */
  readonly #values = new Map<string, SteadfastEvent>();
  #events = 0;
  #bytes = 0;

  constructor(
    readonly name: string, readonly slot: number, private readonly portion: Portion, private readonly taken: Taken,
  ) {}

  add(entry: Entry): void {
    this.#entries.add(entry);
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry);
  }

  /** Ends all listeners. */
  end(): void {
    for (const entry of this.#entries) entry.ended = true;
    this.#entries.clear();
  }

  /** Adds a listener that comes late, and gives it what the others know. */
  catchUp(entry: Entry, live: boolean): void {
    this.#entries.add(entry);
    const values = [...this.#values.values()].sort((one, other) => (one.offset ?? 0) - (other.offset ?? 0));
    for (const event of values) {
      if (wants(entry, event.key)) entry.take({ kind: 'event', event: { ...event, replay: true } });
    }
    if (live && !entry.ended) entry.take({ kind: 'live' });
  }

  /** Tells something that is no event. */
  tell(delivery: Delivery): void {
    if (delivery.kind === 'reset') this.#values.clear();
    for (const entry of this.#entries) entry.take(delivery);
  }

  /** Tells an event, and counts it as taken once every listener has it. */
  event(offset: number, flags: number, size: number, frame: EventFrame): void {
    const event = eventOf(this.name, offset, (flags & Flag.Replay) !== 0, frame);
    const { key } = event;
    const deleted = (flags & Flag.Deleted) !== 0;
    if (this.isState && key !== undefined) this.#keep(key, deleted ? undefined : event);
    const delivery: Delivery = deleted ? { kind: 'deleted', deleted: event as unknown as Deleted } : { kind: 'event', event };
    let keepers: Entry[] | undefined;
    for (const entry of this.#entries) {
      if (!wants(entry, key)) continue;
      if (entry.keeps) (keepers ??= []).push(entry);
      else entry.take(delivery);
    }
    if (!keepers) return this.#count(size);
    let waiting = keepers.length;
    for (const entry of keepers) {
      entry.take(delivery, () => {
        waiting -= 1;
        if (!waiting) this.#count(size);
      });
    }
  }

  /** Tells what was taken, however little. */
  report(): void {
    const [events, bytes] = [this.#events, this.#bytes];
    this.#events = this.#bytes = 0;
    if (events) this.taken(this.slot, events, bytes);
  }

  #count(size: number): void {
    this.#events += 1;
    this.#bytes += size;
    if (this.#events >= this.portion.events || this.#bytes >= this.portion.bytes) this.report();
  }

  #keep(key: string, event: SteadfastEvent | undefined): void {
    if (!event) this.#values.delete(key);
    else if (this.#values.has(key) || this.#values.size < MOST_KEPT) this.#values.set(key, event);
  }
}

function wants(entry: Entry, key: string | undefined): boolean {
  return !entry.ended && (key === undefined || !entry.keys || entry.keys.has(key));
}

function eventOf(topic: string, offset: number, replay: boolean, frame: EventFrame): EventOf<string, unknown> {
  const { rt } = frame;
  return {
    type: frame.type,
    payload: frame.payload,
    topic,
    id: rt.id ?? undefined,
    offset: offset < 0 ? undefined : offset,
    key: rt.key ?? undefined,
    timestamp: frame.timestamp ?? undefined,
    correlationId: frame.correlation_id ?? undefined,
    priority: frame.priority ?? undefined,
    requiresAcknowledgment: frame.requires_acknowledgment === true,
    replay,
  };
}
