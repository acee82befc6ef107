import type { Client, Gap, SteadfastError, SteadfastEvent, SubscribeOptions } from '../types.js';
import { Store } from './store.js';

/** What is known of a topic's events. The same object until something changes. */
export interface Events<Event = SteadfastEvent> {
  /** Newest last; of a state topic too, every event is one. */
  readonly events: readonly Event[];
  /** The gaps told since the beginning, or since `clear`; the newest 100. */
  readonly gaps: readonly Gap[];
  /** Caught up: what comes now is happening now. */
  readonly live: boolean;
  /** Why the server refuses the topic; `null` if it does not. */
  readonly error: SteadfastError | null;
  /** Events that are no longer in `events` because of the limit. */
  readonly dropped: number;
}

export const NO_EVENTS: Events<never> = { events: [], gaps: [], live: false, error: null, dropped: 0 };

const GAPS = 100;

/** The newest events of a topic, at most `limit`; older ones are dropped and counted. */
export class EventsStore extends Store<Events> {
  #fresh: SteadfastEvent[] = [];
  #gaps: Gap[] = [];
  #live = false;
  #error: SteadfastError | null = null;
  #dropped = 0;
  #cleared = false;

  constructor(readonly client: Client, readonly topic: string, readonly limit: number, readonly options: SubscribeOptions) {
    super(NO_EVENTS);
  }

  clear(): void {
    this.#fresh = [];
    this.#gaps = [];
    this.#dropped = 0;
    this.#cleared = true;
    this.changed();
  }

  protected start(): () => void {
    this.clear();
    return this.client.subscribe(this.topic, {
      onEvent: (event) => {
        this.#fresh.push(event);
        // What would be dropped anyway is not kept until the next render.
        if (this.#fresh.length > 2 * this.limit) this.#dropped += this.#fresh.splice(0, this.limit).length;
        this.changed();
      },
      onGap: (gap) => {
        this.#gaps = [...this.#gaps.slice(1 - GAPS), gap];
        this.#live = false;
        this.changed();
      },
      onReset: () => this.#become(false, null),
      onLive: () => this.#become(true, null),
      onFailed: (error) => this.#become(false, error),
    }, this.options);
  }

  protected make(before: Events): Events {
    const all = [...(this.#cleared ? [] : before.events), ...this.#fresh];
    const events = all.slice(Math.max(0, all.length - this.limit));
    this.#dropped += all.length - events.length;
    this.#fresh = [];
    this.#cleared = false;
    return { events, gaps: this.#gaps, live: this.#live, error: this.#error, dropped: this.#dropped };
  }

  #become(live: boolean, error: SteadfastError | null): void {
    this.#live = live;
    this.#error = error;
    this.changed();
  }
}
