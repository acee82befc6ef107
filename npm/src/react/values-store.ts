import type { Client, SteadfastEvent, SubscribeOptions } from '../types.js';
import { Store } from './store.js';

/** The last value of each key. A new map for each change. */
export type Values<Event = SteadfastEvent> = ReadonlyMap<string, Event>;

export const NO_VALUES: Values = new Map();

/** The values of a state topic as they are. Bounded by the server's limit of keys. */
export class ValuesStore extends Store<Values> {
  #values = new Map<string, SteadfastEvent>();
  /** The keys that came since a reset; `null`: none was told, or all have come. */
  #since: Set<string> | null = null;

  constructor(readonly client: Client, readonly topic: string, readonly options: SubscribeOptions) {
    super(NO_VALUES);
  }

  protected start(): () => void {
    // Somebody else's values may have gone while nobody read here.
    this.#since = new Set();
    return this.client.subscribe(this.topic, {
      onEvent: (event) => this.#set(event),
      onDeleted: ({ key }) => {
        this.#values.delete(key);
        this.changed();
      },
      onReset: () => void (this.#since = new Set()),
      onLive: () => this.#settle(),
    }, this.options);
  }

  protected make(): Values {
    return new Map(this.#values);
  }

  #set(event: SteadfastEvent): void {
    if (event.key === undefined) return;
    this.#values.set(event.key, event);
    this.#since?.add(event.key);
    this.changed();
  }

  /** Keys that did not come again are gone. */
  #settle(): void {
    const since = this.#since;
    this.#since = null;
    if (since === null) return;
    for (const key of this.#values.keys()) if (!since.has(key)) this.#values.delete(key);
    this.changed();
  }
}
