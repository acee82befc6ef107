import { type Draft, type StoredEvent, encode } from './event.js';
import type { Place, Position, Read, Topic } from './topics.js';

/** How many events wait for those who listen. */
const MOST_KEPT = 256;

/** What happens now, for those who listen now. */
export class EphemeralTopic implements Topic {
  readonly class = 'ephemeral';
  #events: StoredEvent[] = [];
  #sequence = 0;

  append(draft: Draft, id: string): StoredEvent {
    this.#sequence += 1;
    const event = encode(draft, id, this.#sequence, false);
    this.#events = [...this.#events.slice(1 - MOST_KEPT), event];
    return event;
  }

  position(): { position: Position; place: Place } {
    return {
      position: { class: this.class, epoch: '', offset: 0, top: 0, recovery: 'fresh' },
      place: { offset: this.#sequence, floor: 0 },
    };
  }

  read({ offset }: Place): Read {
    return { kind: 'events', events: this.#events.filter((event) => event.offset > offset), offset: this.#sequence };
  }

  lose(): void {
    this.#events = [];
  }
}
