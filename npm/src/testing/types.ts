import type { Client, ClientOptions, EventMap, Result } from '../types.js';

/** What a topic promises: every event in order, the last value of each key, or nothing. */
export type TopicClass = 'log' | 'state' | 'ephemeral';

/** How a test server is made. */
export interface TestServerOptions {
  /**
   * The classes of topics by name, or by pattern with one `*`; the first that matches counts. What none matches is as on
   * a real server: `kpis` is a state topic, `*.progress` is ephemeral, all else is a log.
   */
  topics?: Readonly<Record<string, TopicClass>>;
  /** Whose token this is; `null` refuses it. Default: every token is that of the user `test`. */
  authenticate?(token: string): string | null;
}

/** How an event is published on a test server. */
export interface ServerPublishOptions {
  /** State topics: whose value it is. */
  key?: string;
  /** State topics: the key is gone. */
  deleted?: boolean;
  priority?: string;
  /** Clients acknowledge it; until a person does, it is a value of `open:{topic}`. Log topics only. */
  requiresAcknowledgment?: boolean;
  correlationId?: string;
  /** On the topic `user`: whose own topic is meant. Default: `test`. */
  user?: string;
}

/** Where a published event went. */
export interface PublishedEvent {
  readonly id: string;
  readonly epoch: string;
  /** Absent on ephemeral topics. */
  readonly offset?: number;
}

/** What a client published, or sent to the server's handlers. */
export interface ReceivedMessage {
  readonly user: string;
  readonly type: string;
  /** As `JSON.parse` made it; a `Uint8Array` where bytes were sent. */
  readonly payload: unknown;
  readonly key?: string;
  readonly deleted?: boolean;
  readonly priority?: string;
  readonly requiresAcknowledgment?: boolean;
  readonly correlationId?: string;
  /** Where it was published; absent on requests. */
  readonly topic?: string;
}

/** An event that a person acknowledged. */
export interface ReceivedAcknowledgement {
  readonly user: string;
  readonly id: string;
  readonly note?: string;
}

/** A client that the server knows of. */
export interface TestConnection {
  readonly user: string;
  readonly transport: 'websocket' | 'polling';
  readonly topics: readonly string[];
}

/**
 * What a request is answered with: a payload, or a function that gives one. What the function throws is the refusal:
 * `code` (default `internal`), `message` and `retryable` of an error are told to the client.
 */
export type Answer = ((payload: unknown, request: ReceivedMessage) => unknown) | object | string | number | boolean | null;

/** A server inside the test. Made by `createTestServer`. */
export interface TestServer {
  /** What a client needs to reach it, for `createClient` or a provider. It waits shortly, so that a test need not. */
  readonly options: Pick<
    Required<ClientOptions>, 'url' | 'getToken' | 'WebSocket' | 'fetch' | 'reconnectInterval' | 'reconnectCap' | 'fallbackAfter'
  >;
  /** A client of this server; `close` of the server closes it. */
  createClient<Events extends EventMap = Record<string, unknown>>(options?: Partial<ClientOptions>): Client<Events>;

  /** Publishes as a backend does. Clients have it once {@link TestServer.idle} has resolved. */
  publish(topic: string, type: string, payload?: unknown, options?: ServerPublishOptions): PublishedEvent;
  /** Another person acknowledges these events: they are closed for everybody. Gives the ids that wait for nobody. */
  acknowledge(ids: string | readonly string[]): readonly string[];
  /** Answers requests of a type from now on. Requests without an answer are refused as `unsupported`. */
  answerRequest(type: string, answer: Answer): void;
  /** From now on nobody may follow or publish to this topic, or everybody may again. Who follows it is told so. */
  forbid(topic: string, forbidden?: boolean): void;

  /** All connections die without a word. Clients come back by themselves, after 100 ms. */
  drop(): void;
  /** From now on no WebSocket opens, and those that are open die: clients poll. `false`: they open again. */
  refuseWebSockets(refuses: boolean): void;
  /** The server cannot be reached at all. It keeps what it knows. */
  down(): void;
  /** It can be reached again. */
  up(): void;
  /** It is another process now, which has forgotten everything: all numbering begins anew. */
  restart(): void;
  /**
   * Loses what the topic keeps, and `lost` events more that nobody has read. Who follows the topic is told a gap now,
   * who is away when coming back. Followers of a state topic are told to forget, and get all values anew.
   */
  loseHistory(topic: string, lost?: number): void;
  /** Tells every client on a WebSocket that its token ends: `getToken` is asked for a new one. */
  expireTokens(): void;

  /** What clients published, oldest first; what was refused is not among it, and a repeat is there once. */
  readonly messages: readonly ReceivedMessage[];
  /** What clients asked the server's handlers, oldest first. */
  readonly requests: readonly ReceivedMessage[];
  /** What people acknowledged, oldest first. */
  readonly acknowledgements: readonly ReceivedAcknowledgement[];
  /** The clients that the server knows of; one that polls is known until the server goes down or is told otherwise. */
  readonly connections: readonly TestConnection[];

  /**
   * Resolves when nothing is on its way any more: the module is loaded, and clients have all that the server sent and
   * the other way round. It does not wait for timers: not for a client that pauses before it tries again.
   */
  idle(): Promise<void>;
  /** Waits until it is idle; rejects, and says what is followed, where no client follows the topic. */
  expectSubscribed(topic: string): Promise<void>;
  /** Closes the clients that it made, and drops the others. */
  close(): void;
}

/** @internal What a message came to: a result's payload, or the refusal. */
export type Outcome = { readonly payload: Result['payload'] } | { readonly error: WireError };

/** @internal An error as the protocol has it. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
}
