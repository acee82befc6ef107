import { type Draft, type StoredEvent, encode } from './event.js';
import type { Place, Position, Read, Topic, TopicRequest } from './topics.js';

/** The last value of each key. A deletion is remembered until it is lost: then who has not read it begins anew. */
export class StateTopic implements Topic {
  readonly class = 'state';
  /** In the order of their offsets: a key moves to the end when it is written. */
  readonly #values = new Map<string, StoredEvent>();
  #top = 0;
  #floor = 0;

  constructor(private readonly epoch: string) {}

  append(draft: Draft, id: string): StoredEvent {
    this.#top += 1;
    const key = draft.key ?? '';
    const event = encode(draft, id, this.#top, true);
    this.#values.delete(key);
    this.#values.set(key, event);
    return event;
  }

  position({ cursor, keys, head = 0 }: TopicRequest): { position: Position; place: Place } {
    const known = cursor?.epoch === this.epoch && cursor.offset <= this.#top && Math.max(cursor.offset, head) >= this.#floor;
    const offset = cursor && known ? cursor.offset : 0;
    const top = this.#beyond(0, keys).at(-1)?.offset ?? 0;
    return {
      position: {
        class: this.class, epoch: this.epoch, offset, top, ...this.#top !== top && { head: this.#top },
        recovery: !cursor ? 'fresh' : known ? 'resumed' : 'reset',
      },
      place: { offset, floor: this.#floor },
    };
  }

  read({ offset, floor }: Place, keys: readonly string[] | undefined): Read {
    if (this.#floor > floor && offset < this.#floor) return { kind: 'reset' };
    return { kind: 'events', events: this.#beyond(offset, keys), offset: Math.max(this.#top, offset) };
  }

  lose(lost: number): void {
    this.#top += lost;
    for (const [key, { deleted }] of this.#values) if (deleted) this.#values.delete(key);
    this.#floor = this.#top;
  }

  #beyond(offset: number, keys: readonly string[] | undefined): StoredEvent[] {
    return [...this.#values.values()].filter((event) => event.offset > offset && (!keys || keys.includes(event.key ?? '')));
  }
}
