import { Batch } from '../batch.js';
import type { Gap, SteadfastError, SteadfastEvent } from '../types.js';
import type { ListenedClient } from './client.js';
import { isOpen, isUrgent } from './notification.js';
import type { Acknowledgement, Notification } from './notification.js';
import { member, readOpen } from './open.js';

/** The list as it is; the same object until something changes. */
export interface Snapshot {
  /** Newest first. */
  readonly items: readonly Notification[];
  readonly unread: number;
  /** Critical ones, unacknowledged, that were pushed out because the list is full of their kind. */
  readonly pushedOut: number;
}

/** What the store is made with. */
export interface StoreOptions {
  readonly topics: readonly string[];
  /** How many notifications are kept. At least 1. */
  readonly limit: number;
  /** How many events before now each topic is asked for. */
  readonly history: number | undefined;
  /** Which events become notifications. */
  accept(event: SteadfastEvent): boolean;
  /** Told of every event, once. */
  onEvent(event: SteadfastEvent): void;
}

/** Before the first event, and on a server that renders. */
export const EMPTY: Snapshot = { items: [], unread: 0, pushedOut: 0 };

/** How many times `limit` keys are remembered, so that what was pushed out does not come again. */
const REMEMBERED = 5;

/**
 * The notifications of some topics, without React. Bounded: beyond `limit` the oldest goes, first what needs nobody,
 * then what is open, last what is critical and open; the latter is counted in `pushedOut`.
 */
export class NotificationStore extends Batch<Snapshot> {
  #items: Notification[] = [];
  #seen = new Set<string>();
  /** Critical ones that were pushed out. As many at most as the server holds open. */
  #lost = new Set<string>();
  /** Per topic: ids that the server holds open, and whether they are all known. */
  #open = new Map<string, { ids: Set<string>; known: boolean }>();
  #serial = 0;

  constructor(readonly client: ListenedClient, readonly options: StoreOptions) {
    super(EMPTY);
  }

  /** Listens to the topics and to what is open in each. Returns what ends it; the list stays. */
  start(): () => void {
    const ends = this.options.topics.flatMap((topic) => [this.#listenTo(topic), this.#listenToOpen(topic)]);
    return () => ends.forEach((end) => end());
  }

  readonly markRead = (key: string): void => this.#change((item) => (item.key === key ? read(item) : item));

  readonly markAllRead = (): void => this.#change(read);

  /** Acknowledges. Never rejects: what went wrong stands at the notification, and may be tried again. */
  readonly acknowledge = async (key: string, note?: string): Promise<void> => {
    const found = this.#items.find((item) => item.key === key);
    if (found?.kind !== 'event' || !isOpen(found) || found.acknowledgement.state === 'pending' || found.event.id === undefined) return;
    this.#settle(key, { state: 'pending' });
    try {
      await this.client.acknowledge(found.event.id, note);
      this.#settle(key, { state: 'acknowledged', elsewhere: false });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#settle(key, { state: 'failed', reason }, (now) => now.state === 'pending');
    }
  };

  #listenTo(topic: string): () => void {
    return this.client.subscribe(topic, {
      onEvent: (event) => this.#add(event),
      onGap: (gap: Gap) => this.#put({ kind: 'gap', key: `gap ${++this.#serial}`, gap }),
      onFailed: (error) => this.#put({ kind: 'refused', key: `refused ${++this.#serial}`, topic, error }),
    }, this.options.history === undefined ? {} : { history: this.options.history });
  }

  #listenToOpen(topic: string): () => void {
    const open = { ids: new Set<string>(), known: false };
    this.#open.set(topic, open);
    return this.client.subscribe(`open:${topic}`, {
      onEvent: (value) => {
        const event = readOpen(value);
        if (!event?.id) return;
        open.ids.add(event.id);
        this.#add(event);
        const by = member(value.payload, 'by');
        this.#settle(
          event.id, { state: 'open', by: Array.isArray(by) ? by.map(String) : [] },
          (now) => now.state === 'open' || (now.state === 'acknowledged' && now.elsewhere),
        );
      },
      onDeleted: ({ key }) => {
        open.ids.delete(key);
        this.#clear(key);
      },
      onReset: () => {
        // A server that lost its memory looks the same here as one where all was acknowledged: what was open stays so.
        open.ids.clear();
        open.known = false;
      },
      onLive: () => {
        open.known = true;
        for (const item of this.#items) {
          // Only what was published before may have been settled before; news may overtake this topic.
          if (item.kind === 'event' && item.event.topic === topic && item.event.replay && !open.ids.has(item.key)) this.#clear(item.key);
        }
      },
      // The list works without it, but acknowledgements of others are not seen then: its own topic says what is wrong.
      onFailed: (_error: SteadfastError) => undefined,
    });
  }

  #add(event: SteadfastEvent): void {
    const key = event.id ?? `${event.topic} ${event.offset ?? `- ${++this.#serial}`}`;
    // What is held may have been forgotten by `#seen` in a burst.
    if (this.#seen.has(key) || this.#lost.has(key) || this.#items.some((item) => item.key === key)) return;
    this.#seen.add(key);
    if (this.#seen.size > this.options.limit * REMEMBERED) this.#seen.delete(this.#seen.values().next().value as string);
    this.options.onEvent(event);
    if (!this.options.accept(event)) return;
    const open = this.#open.get(event.topic);
    const acknowledgement: Acknowledgement = !event.requiresAcknowledgment || event.id === undefined
      ? { state: 'none' }
      : event.replay && open?.known && !open.ids.has(event.id) ? { state: 'acknowledged', elsewhere: true } : { state: 'open' };
    this.#put({ kind: 'event', key, event, read: acknowledgement.state === 'acknowledged', acknowledgement });
  }

  #put(item: Notification): void {
    this.#items.splice(this.#placeOf(item), 0, item);
    if (this.#items.length > this.options.limit) {
      const ranks = [(one: Notification) => one.kind === 'event' && !isOpen(one), (one: Notification) => !isUrgent(one), () => true];
      const victim = ranks.map((fits) => this.#items.findLastIndex(fits)).find((index) => index >= 0) ?? 0;
      const [gone] = this.#items.splice(victim, 1);
      if (gone && isUrgent(gone)) this.#lost.add(gone.key);
    }
    this.changed();
  }

  /** What is open may come before the history that it is newer than, or after one that it is older than. */
  #placeOf(item: Notification): number {
    if (item.kind !== 'event') return 0;
    const { topic, offset = Infinity } = item.event;
    let place = 0;
    for (const [index, one] of this.#items.entries()) {
      // Behind a gap the numbering may be another.
      if (one.kind === 'gap' && one.gap.topic === topic) break;
      if (one.kind === 'event' && one.event.topic === topic && (one.event.offset ?? 0) > offset) place = index + 1;
    }
    return place;
  }

  #clear(key: string): void {
    this.#lost.delete(key);
    this.#settle(key, { state: 'acknowledged', elsewhere: true }, (now) => now.state === 'open' || now.state === 'failed');
  }

  #settle(key: string, next: Acknowledgement, when: (now: Acknowledgement) => boolean = () => true): void {
    this.#change((item) => {
      if (item.kind !== 'event' || item.key !== key || !when(item.acknowledgement)) return item;
      return { ...item, acknowledgement: next, read: item.read || next.state === 'acknowledged' };
    });
  }

  #change(change: (item: Notification) => Notification): void {
    this.#items = this.#items.map(change);
    this.changed();
  }

  protected make(): Snapshot {
    const unread = this.#items.filter((item) => item.kind === 'event' && !item.read).length;
    return { items: [...this.#items], unread, pushedOut: this.#lost.size };
  }
}

function read(item: Notification): Notification {
  return item.kind === 'event' && !item.read ? { ...item, read: true } : item;
}
