import type { Output } from './core/core.js';
import type { Driver } from './core/driver.js';
import type { EventFrame } from './core/frames.js';
import { Call, Flag } from './core/names.js';
import type { Settings } from './options.js';
import type { Cursor, Deleted, Delivery, SteadfastEvent } from './types.js';

/** One listener of a topic. */
export interface Entry {
  /** For state topics: only these. */
  readonly keys: ReadonlySet<string> | undefined;
  /** Takes what happens. An event comes with `release`, which is to be called once when the application has read it. */
  readonly take: (delivery: Delivery, release?: () => void) => void;
  /** Told when the client is over. */
  readonly end: (() => void) | undefined;
  /** Whether it is told what happens: once it knows what the others know, until it is ended. */
  told: boolean;
}

/** A topic that the machine follows, and who listens to it. */
export interface Topic {
  readonly name: string;
  readonly slot: number;
  readonly entries: Set<Entry>;
  /** The place behind the last event that was delivered. */
  cursor(): Cursor | null;
  /** Notes where the topic stands, as the machine says. */
  stands(output: Output | undefined): void;
  isLive(): boolean;
  /** Gives a listener that comes late what the others know. */
  catchUp(entry: Entry): void;
  /** Tells something that is no event. */
  tell(delivery: Delivery): void;
  /** Tells an event, and counts it as taken once every listener has read it. */
  event(offset: number, flags: number, size: number, frame: EventFrame): void;
  /** Tells the machine what was taken, however little. */
  report(): void;
}

/** The most values that are kept of a state topic: the protocol's limit of keys. */
const MOST_KEPT = 10_000;

/** In so many portions of its buffer the machine is told what was taken. */
const PORTIONS = 16;

/** Opens a topic, which the machine knows by its slot. */
export function openTopic(name: string, slot: number, { bufferEvents, bufferBytes }: Settings, driver: Driver): Topic {
  /** Whether it is a state topic, once that is known. */
  let isState: boolean | undefined;
  let cursor: Cursor | null = null;
  /** The last value of each key, where it is a state topic, the oldest first: for listeners that come late. */
  const values = new Map<string, SteadfastEvent>();
  /** What was taken and not yet told. */
  let [events, bytes] = [0, 0];

  const topic: Topic = {
    name, slot, entries: new Set(),
    cursor() {
      if (isState === undefined && !driver.acting) topic.stands(driver.cursor(slot));
      return cursor;
    },
    stands(output) {
      if (!output || output.b < 0) return;
      isState = output.b === 1;
      cursor = output.c < 0 ? null : { epoch: output.value as string, offset: output.c };
    },
    isLive: () => driver.ask(Call.Live, slot) === 1,
    catchUp(entry) {
      entry.told = true;
      for (const event of values.values()) {
        if (wants(entry, event.key)) entry.take({ kind: 'event', event: { ...event, replay: true } }, () => {});
      }
      if (entry.told && topic.isLive()) entry.take({ kind: 'live' });
    },
    tell(delivery) {
      if (delivery.kind === 'reset') values.clear();
      for (const entry of topic.entries) if (entry.told) entry.take(delivery);
    },
    event(offset, flags, size, frame) {
      if (isState === undefined) topic.stands(driver.cursor(slot));
      if (offset >= 0) cursor = { epoch: cursor?.epoch ?? '', offset };
      const { rt } = frame;
      const key = rt.key ?? undefined;
      const event: SteadfastEvent = {
        type: frame.type,
        payload: frame.payload,
        topic: name,
        id: rt.id ?? undefined,
        offset: offset < 0 ? undefined : offset,
        key,
        timestamp: frame.timestamp ?? undefined,
        correlationId: frame.correlation_id ?? undefined,
        priority: frame.priority ?? undefined,
        requiresAcknowledgment: frame.requires_acknowledgment === true,
        replay: (flags & Flag.Replay) !== 0,
      };
      const deleted = flags & Flag.Deleted;
      if (isState && key !== undefined) {
        values.delete(key);
        if (!deleted && values.size < MOST_KEPT) values.set(key, event);
      }
      const delivery: Delivery = deleted ? { kind: 'deleted', deleted: event as unknown as Deleted } : { kind: 'event', event };
      let unread = 1;
      const release = () => {
        unread -= 1;
        if (unread) return;
        events += 1;
        bytes += size;
        if (events * PORTIONS >= bufferEvents || bytes * PORTIONS >= bufferBytes) topic.report();
      };
      for (const entry of topic.entries) {
        if (!wants(entry, key)) continue;
        unread += 1;
        entry.take(delivery, release);
      }
      release();
    },
    report() {
      const told = [events, bytes];
      events = bytes = 0;
      if (told[0]) driver.run(Call.Taken, slot, ...told);
    },
  };
  return topic;
}

function wants({ told, keys }: Entry, key: string | undefined): boolean {
  return told && (key === undefined || !keys || keys.has(key));
}
