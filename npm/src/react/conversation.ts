import type { Client, SteadfastError, SteadfastEvent, Subscription } from '../types.js';
import { flat } from './flat.js';
import type { FlatMessage } from './flat.js';
import { Store } from './store.js';

/** What `useWebSocket` shows. */
export interface Conversed {
  readonly isConnected: boolean;
  readonly lastMessage: FlatMessage | null;
}

/** Who is told. */
export interface Told {
  onMessage?(message: FlatMessage): void;
  onConnect?(): void;
  onDisconnect?(): void;
  onError?(error: SteadfastError): void;
}

export const SILENT: Conversed = { isConnected: false, lastMessage: null };

/** A client as ADR-010's hook speaks of it: messages in and out, one flag. */
export class Conversation extends Store<Conversed> {
  #topics = new Map<string, Subscription | null>();
  #kpis: readonly string[] | undefined;
  #connected = false;
  #last: FlatMessage | null = null;
  #started = false;

  constructor(readonly client: Client, topics: readonly string[], readonly told: () => Told) {
    super(SILENT);
    topics.forEach((topic) => this.#topics.set(topic, null));
  }

  /** Whether the message is on its way: a failure later is told to `onError`. */
  send(message: { type: string; [key: string]: unknown }): boolean {
    const { type, ...payload } = message;
    const topics = (Array.isArray(message.topics) ? message.topics : []) as string[];
    if (type === 'subscribe') topics.forEach((topic) => this.#follow(topic));
    else if (type === 'unsubscribe') topics.forEach((topic) => this.#leave(topic));
    else if (type === 'subscribe_kpis') this.#select(message.site_ids as string[] | undefined);
    // The client keeps the connection alive by itself.
    else if (type !== 'heartbeat' && type !== 'ping') return this.#request(type, payload);
    return true;
  }

  protected start(): () => void {
    this.#started = true;
    this.#topics.forEach((_, topic) => this.#follow(topic));
    const end = this.client.onStatus(() => this.#status());
    this.#status();
    return () => {
      this.#started = false;
      end();
      this.#topics.forEach((subscription, topic) => {
        subscription?.();
        this.#topics.set(topic, null);
      });
    };
  }

  protected make(): Conversed {
    return { isConnected: this.#connected, lastMessage: this.#last };
  }

  #request(type: string, payload: Record<string, unknown>): boolean {
    try {
      this.client.request(type, payload).catch((error: SteadfastError) => this.told().onError?.(error));
      return true;
    } catch (error) {
      this.told().onError?.(error as SteadfastError);
      return false;
    }
  }

  #follow(topic: string): void {
    if (this.#topics.get(topic)) return;
    this.#topics.set(topic, this.#started ? this.#listen(topic) : null);
  }

  #listen(topic: string): Subscription {
    const keys = topic === 'kpis' ? this.#kpis : undefined;
    return this.client.subscribe(topic, {
      onEvent: (event: SteadfastEvent) => {
        this.#last = flat(event);
        this.told().onMessage?.(this.#last);
        this.changed();
      },
      onFailed: (error) => this.told().onError?.(error),
    }, keys === undefined ? {} : { keys });
  }

  #leave(topic: string): void {
    this.#topics.get(topic)?.();
    this.#topics.delete(topic);
  }

  /** The sites replace those asked for before; none given: all. */
  #select(sites: string[] | undefined): void {
    this.#kpis = sites;
    this.#leave('kpis');
    this.#follow('kpis');
  }

  #status(): void {
    const connected = this.client.status.state === 'connected';
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected) this.told().onConnect?.();
    else this.told().onDisconnect?.();
    this.changed();
  }
}
