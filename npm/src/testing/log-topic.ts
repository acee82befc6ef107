import { type Draft, type StoredEvent, encode } from './event.js';
import type { Place, Position, Read, Topic, TopicRequest } from './topics.js';

/** How many events a log keeps. */
const MOST_KEPT = 10_000;

/** Every event in order, numbered from 1; the newest are kept. */
export class LogTopic implements Topic {
  readonly class = 'log';
  #events: StoredEvent[] = [];
  #top = 0;

  constructor(private readonly epoch: string) {}

  append(draft: Draft, id: string): StoredEvent {
    this.#top += 1;
    const event = encode(draft, id, this.#top, true);
    this.#events.push(event);
    if (this.#events.length > MOST_KEPT) this.#events.shift();
    return event;
  }

  position({ cursor, history = 0 }: TopicRequest): { position: Position; place: Place } {
    const begin = (offset: number, recovery: Position['recovery'], reason?: string): { position: Position; place: Place } => ({
      position: { class: 'log', epoch: this.epoch, offset, top: this.#top, recovery, ...reason && { gap: { reason } } },
      place: { offset, floor: 0 },
    });
    if (!cursor) return begin(Math.max(this.#top - history, this.#floor), 'fresh');
    if (cursor.epoch !== this.epoch) return begin(this.#floor, 'gap', 'epoch_changed');
    if (cursor.offset > this.#top) return begin(this.#top, 'gap', 'source_lost');
    if (cursor.offset < this.#floor) return begin(this.#floor, 'gap', 'history_evicted');
    return begin(cursor.offset, 'resumed');
  }

  read({ offset }: Place): Read {
    if (offset < this.#floor) return { kind: 'gap', offset: this.#floor };
    return { kind: 'events', events: this.#events.slice(offset - this.#floor), offset: this.#top };
  }

  lose(lost: number): void {
    this.#events = [];
    this.#top += lost;
  }

  /** The oldest kept, less one. */
  get #floor(): number {
    return this.#top - this.#events.length;
  }
}
