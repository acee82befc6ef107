/** The public face of the client: everything that an application reads or gives. */

/** A map from event type to payload. `interface`s and `type`s both fit. */
export type EventMap = object;

/** The event types of a map. */
export type EventType<Events extends EventMap> = Extract<keyof Events, string>;

/** An event as delivered to a listener, with the payload's type picked by `type`. */
export type SteadfastEvent<Events extends EventMap = Record<string, unknown>> = {
  [Type in EventType<Events>]: EventOf<Type, Events[Type]>;
}[EventType<Events>];

/** An event of one type. */
export interface EventOf<Type extends string, Payload> {
  /** The application's type, such as `threat.detected`. */
  readonly type: Type;
  /** What was published, as `JSON.parse` made it; a `Uint8Array` where bytes were published. */
  readonly payload: Payload;
  /** The topic that it came on. */
  readonly topic: string;
  /** Unique in the tenant; what {@link Client.acknowledge} names. Absent on ephemeral topics. */
  readonly id?: string;
  /** Its place in the topic. Absent on ephemeral topics. */
  readonly offset?: number;
  /** The key in a state topic. */
  readonly key?: string;
  /** When it was published: RFC 3339, UTC. For people; never an order. */
  readonly timestamp?: string;
  /** Passed through from the publisher. */
  readonly correlationId?: string;
  /** For people and sounds: `critical`, `high`, `medium`, `low`, `info`, `warning`, `error`, or another. */
  readonly priority?: string;
  /** Somebody should acknowledge it. */
  readonly requiresAcknowledgment: boolean;
  /** It was published before this subscription began or resumed. */
  readonly replay: boolean;
}

/** A key of a state topic is gone. */
export interface Deleted {
  readonly topic: string;
  readonly key: string;
  /** The type that the deletion was published with. */
  readonly type: string;
  readonly offset?: number;
  readonly replay: boolean;
}

/** Events were lost and will not come. What still exists follows. */
export interface Gap {
  readonly topic: string;
  /** Why. Further reasons may come with later servers. */
  readonly reason: 'history_evicted' | 'epoch_changed' | 'slow_consumer' | 'source_lost' | (string & {});
  /** The first and the last lost offset, where they can be named. */
  readonly lost?: readonly [first: number, last: number];
}

/** What a subscription's async iterator gives, in order. */
export type Delivery<Events extends EventMap = Record<string, unknown>> =
  | { readonly kind: 'event'; readonly event: SteadfastEvent<Events> }
  | { readonly kind: 'deleted'; readonly deleted: Deleted }
  | { readonly kind: 'gap'; readonly gap: Gap }
  /** All values of a state topic follow anew; keys that do not come before `live` are gone. */
  | { readonly kind: 'reset' }
  /** Caught up: what follows is happening now. */
  | { readonly kind: 'live' }
  /** The server refuses the topic. It is tried again only with a new token or subscription. */
  | { readonly kind: 'failed'; readonly error: SteadfastError };

/** What happens to a topic, told to its listener. All are optional; a listener may do anything, also throw. */
export interface Listener<Events extends EventMap = Record<string, unknown>> {
  onEvent?(event: SteadfastEvent<Events>): void;
  onDeleted?(deleted: Deleted): void;
  /** Events were lost: show it, or fetch the whole picture again. Without it, gaps are written to the log. */
  onGap?(gap: Gap): void;
  /** Forget what you know of this state topic: all values follow. */
  onReset?(): void;
  onLive?(): void;
  /** The topic is refused. Without it, the refusal is written to the log. */
  onFailed?(error: SteadfastError): void;
}

/** How to subscribe. */
export interface SubscribeOptions {
  /** State topics: only these keys. Default: all. */
  keys?: readonly string[];
  /**
   * Log topics: begin this many events before now. Default: 0. Only a topic's first subscription is asked: one that joins while another
   * is there begins with what comes next, and nothing says so. Give it to each that may be the first.
   */
  history?: number;
  /** Go on behind this place, kept from an earlier page. Only a topic's first subscription is asked, as for `history`. */
  cursor?: Cursor;
}

/** A place in a topic, to be kept for the next page if wished. */
export interface Cursor {
  readonly epoch: string;
  readonly offset: number;
}

/** A subscription: call it to end it, iterate it, or ask it where it stands. */
export interface Subscription {
  /** Ends the subscription. Further calls do nothing. */
  (): void;
  readonly topic: string;
  /** The place behind the last event that was delivered; `null` before the server's first answer. */
  cursor(): Cursor | null;
  /** Whether it has caught up. */
  isLive(): boolean;
}

/** A subscription to be read with `for await`. `return` (or `break`) ends it. */
export interface DeliveryStream<Events extends EventMap = Record<string, unknown>>
  extends AsyncIterableIterator<Delivery<Events>> {
  readonly topic: string;
}

/** How a message is published. */
export interface PublishOptions {
  /** State topics: the key. */
  key?: string;
  /** State topics: the key is gone. */
  deleted?: boolean;
  priority?: string;
  requiresAcknowledgment?: boolean;
  correlationId?: string;
  /** How long it may wait for its result, in milliseconds. Default: the client's `messageLife`. */
  timeout?: number;
  /** Cancels the message. It may have been sent by then: the error says so. */
  signal?: AbortSignal;
}

/** The server's answer to a message. */
export interface Result<Payload = unknown> {
  readonly payload: Payload;
  /** An earlier copy had been carried out already; it has taken effect once. */
  readonly duplicate: boolean;
}

/** Whether the client can be relied on, and how. */
export interface Status {
  /** `loading`: the module is being fetched. `crashed`: the module failed and says why in `reason.message`. */
  readonly state: 'loading' | 'disconnected' | 'connecting' | 'connected' | 'closed' | 'crashed';
  /** How it is connected; `null` while it is not. */
  readonly transport: 'websocket' | 'polling' | null;
  /** Failed attempts since the last stable connection. */
  readonly attempt: number;
  /** When the next attempt comes, as `Date.now()` counts; `null` if none is planned. */
  readonly retryAt: number | null;
  /** Why the last connection ended, until the next is stable. */
  readonly reason: StatusReason | null;
}

/** Why a state was entered. */
export interface StatusReason {
  /** A close code (PROTOCOL.md, Close codes), for local causes too. */
  readonly code: number;
  /** Whether the client goes on trying. */
  readonly retryable: boolean;
  /** One sentence for a person: what happened and what to do. */
  readonly message: string;
}

/** Counters over the client's life. The names are those of PROTOCOL.md in camel case. */
export type Statistics = Readonly<Record<StatisticName, number>>;

/** The counters. */
export type StatisticName =
  | 'opens' | 'welcomes' | 'exchanges' | 'exchangesFailed' | 'delivered' | 'repeats' | 'stale' | 'staleFrames'
  | 'gaps' | 'resets' | 'rewinds' | 'refused' | 'ephemeralDropped' | 'badFrames' | 'unknownFrames'
  | 'receiptsDropped' | 'resends' | 'fallbacks' | 'probes' | 'drains' | 'listenerErrors';

/** What is wrong, as a word to compare. Server codes are passed through (PROTOCOL.md, Errors). */
export type ErrorCode =
  | 'bad_options' | 'bad_url' | 'bad_topic' | 'bad_payload' | 'closed' | 'cancelled' | 'timed_out' | 'outcome_unknown'
  | 'outbox_full' | 'too_large' | 'wasm_unavailable' | 'wasm_blocked' | 'no_websocket' | 'token_failed' | 'crashed'
  | 'forbidden' | 'unauthorized' | 'token_expired' | 'rate_limited' | 'unavailable' | 'idem_conflict' | 'unsupported'
  | 'internal' | (string & {});

/** Every error that the client throws or rejects with. */
export interface SteadfastError extends Error {
  readonly name: 'SteadfastError';
  readonly code: ErrorCode;
  /** Trying the same again may help. */
  readonly retryable: boolean;
  /** Of a message that failed: it may have taken effect all the same. */
  readonly mayHaveTakenEffect: boolean;
}

/** What `getToken` gives: the bearer token, and how long it lives where that is known. */
export type TokenAnswer = string | { token: string; expiresIn?: number };

/** Why a token is asked for. */
export interface TokenRequest {
  /** The last one was refused or ends soon: it must be a new one. */
  readonly renew: boolean;
  /** Aborted when the answer is no longer waited for (30 s, or `close`). */
  readonly signal: AbortSignal;
}

/** What a client is made with. Durations are milliseconds. */
export interface ClientOptions {
  /** The server, `https://host[:port][/prefix]`; a path alone (`/`) means the page's own origin, also where a server renders the page. */
  url: string;
  /**
   * Gives the bearer token. Asked when needed, and again before it expires. Throw (or reject with) an error with
   * `retryable: false` to say that asking again is of no use: the client then stops.
   */
  getToken(request: TokenRequest): TokenAnswer | Promise<TokenAnswer>;
  /** Connect at once. Default: true. */
  autoConnect?: boolean;
  /** Default: `auto`: WebSocket, and polling while it is not to be had. */
  transport?: 'auto' | 'websocket' | 'polling';
  /** Try again after a connection ends. Default: true. */
  autoReconnect?: boolean;
  /** Give up after so many attempts in a row that led to no stable connection. Default: never. */
  maxReconnectAttempts?: number;
  /** What giving up means. Default: `slow-probe`. `stop` does not stop a client that polling carries. */
  exhausted?: 'stop' | 'slow-probe';
  /** The first window that an attempt's delay is drawn from; it doubles with each. Default: 3,000. */
  reconnectInterval?: number;
  /** The largest such window. Default: 30,000. */
  reconnectCap?: number;
  /** Default: 10,000. */
  connectTimeout?: number;
  /** Default: 5,000. */
  helloTimeout?: number;
  /** The heartbeat to ask the server for, 5,000 to 60,000. Default: the server's own (25,000). */
  heartbeatInterval?: number;
  /** Silence allowed beyond the heartbeat. Default: 10,000. */
  heartbeatSlack?: number;
  /** Poll after so long without a WebSocket, drawn from its upper half. Default: 10,000. */
  fallbackAfter?: number;
  /** The pause between short polls until the server says otherwise. Default: 5,000. */
  pollInterval?: number;
  /** Default: true. */
  longPoll?: boolean;
  /** How many messages may wait for their result. Default: 256. */
  outboxMessages?: number;
  /** How many bytes they may have together. Default: 1 MiB. */
  outboxBytes?: number;
  /** How long a message may wait for its result. Default: 60,000. */
  messageLife?: number;
  /** Unread events that an async iterator may hold before the rest waits at the server. Default: 1,024. */
  bufferEvents?: number;
  /** Default: 4 MiB. */
  bufferBytes?: number;
  /** What the server's logs call this application. */
  application?: { name: string; version: string };
  /** What is written to the console. Default: `warn`. */
  logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Where the log goes. Default: `console`. */
  logger?: Logger;
  /** Where there is none in the global scope (Node 20). */
  WebSocket?: new (url: string, protocols?: string | string[]) => WebSocket;
  /** Default: the global `fetch`. */
  fetch?: typeof fetch;
  /** Where the WebAssembly module comes from, if not from beside this package's own files. */
  wasm?: WasmSource;
}

/** Where the WebAssembly module comes from. */
export type WasmSource = string | URL | ArrayBuffer | ArrayBufferView | WebAssembly.Module;

/** A place for log lines. No token and no payload is ever written. */
export interface Logger {
  error(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
}

/** A connection to a server, over whatever transport can be had. Made by `createClient`. */
export interface Client<Events extends EventMap = Record<string, unknown>> {
  /** Connects, if it is not on its way already. Also after `disconnect`, and after it gave up. */
  connect(): void;
  /** Leaves. Subscriptions and cursors stay, and go on with the next `connect`. */
  disconnect(): void;
  /** Leaves for good: every subscription ends, every message waiting completes as `closed`. */
  close(): void;

  /** Listens to a topic. Any number of listeners share one subscription on the wire. */
  subscribe(topic: string, listener: Listener<Events>, options?: SubscribeOptions): Subscription;
  /** The same as a stream for `for await`. Unread events wait at the server once the buffer is full. */
  stream(topic: string, options?: SubscribeOptions): DeliveryStream<Events>;

  /** Publishes to a topic; resolves when the server has accepted it. */
  publish<Type extends EventType<Events>>(
    topic: string, type: Type, payload: Events[Type], options?: PublishOptions,
  ): Promise<Result>;
  /** Asks the server's handler of a type, such as `incident_action`. */
  request<Payload = unknown>(type: string, payload?: unknown, options?: PublishOptions): Promise<Result<Payload>>;
  /** Sends without a result: only while connected, never kept, never repeated. Whether it was sent. */
  send(type: string, payload?: unknown): boolean;
  /** Acknowledges events that ask for it, as a person. Resolves when the server has confirmed; survives reconnects. */
  acknowledge(ids: string | readonly string[], note?: string): Promise<AcknowledgeResult>;

  /** The status as it is now. The same object until it changes. */
  readonly status: Status;
  /** Told of every change of the status, in order. Not of the present one. */
  onStatus(listener: (status: Status) => void): () => void;
  /** Counters, as they are now. */
  statistics(): Statistics;
  /** What support needs, as JSON: status, counters, topics, the last inputs. No token, no payload. */
  debugReport(): string;
  logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
}

/** A client whatever its events are: what takes this takes every client. */
export interface AnyClient extends Omit<Client, 'subscribe' | 'stream' | 'publish'> {
  subscribe(topic: string, listener: never, options?: SubscribeOptions): Subscription;
  stream(topic: string, options?: SubscribeOptions): AsyncIterableIterator<unknown>;
  publish(topic: string, type: never, payload: never, options?: PublishOptions): Promise<Result>;
}

/** What became of an acknowledgement. */
export interface AcknowledgeResult {
  /** Events that the server does not know (any more). */
  readonly unknown: readonly string[];
}
