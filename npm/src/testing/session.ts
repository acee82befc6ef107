import { type StoredEvent, decode } from './event.js';
import type { Host } from './host.js';
import { carryOut } from './messages.js';
import { Refusal, forbidden, wireError } from './refusal.js';
import type { Place, Topic, TopicRequest } from './topics.js';
import type { WireError } from './types.js';

/** A frame as JSON has it. */
export type Fields = Record<string, unknown>;

/** What is to be written next. */
export type Unread = { readonly event: StoredEvent } | { readonly frame: Fields };

/** What carries a session. */
export interface Outlet {
  frame(frame: Fields): void;
  /** There may be something to read. */
  wake(): void;
  /** Ends once what was sent has arrived. */
  end(code: number): void;
  /** Dies now, without a word. */
  drop(): void;
}

/** A client's place in a topic. */
interface Reader {
  readonly topic: Topic;
  readonly keys: readonly string[] | undefined;
  readonly place: Place;
}

/** As long as no test lasts: the server pings nobody, and nobody misses it. */
const HEARTBEAT = 86_400_000;

const RANKS = { log: 0, state: 1, ephemeral: 2 };

/** One client's conversation, over a WebSocket or one exchange: frames in, frames out. */
export class Session {
  /** Whose it is, once the hello was accepted. */
  user: string | null = null;
  instance = '';
  /** How long an exchange may wait for its first event. */
  wait = 0;
  /** Messages whose handlers are at work. */
  pending = 0;
  #messagesVoid = false;
  #ended = false;
  readonly #readers = new Map<string, Reader>();

  constructor(private readonly host: Host, readonly transport: 'websocket' | 'polling', readonly outlet: Outlet) {}

  /** The topics that it follows. */
  get topics(): readonly string[] {
    return [...this.#readers.keys()];
  }

  /** A message came, or an exchange's body. */
  take(message: string | Uint8Array): void {
    const frames = decode(message);
    for (const frame of frames) {
      if (this.#ended) return;
      if (this.user !== null) this.#takeFrame(frame);
      else if (frame.type === 'rt.hello') this.#greet(frame, frames.length === 1);
      else this.end(4400, 'the first frame must be rt.hello');
    }
  }

  /** What there is to read: logs before states before ephemeral topics. */
  * unread(): Generator<Unread> {
    const readers = [...this.#readers].sort(([, one], [, other]) => RANKS[one.topic.class] - RANKS[other.topic.class]);
    for (const [name, { topic, place, keys }] of readers) {
      let read = topic.read(place, keys);
      if (read.kind === 'reset') {
        const { result, reader } = this.#begin({ topic: name, ...keys && { keys } });
        yield { frame: { type: 'subscribed', topics: [{ ...result, recovery: 'reset' }] } };
        read = topic.read(reader.place, keys);
      } else if (read.kind === 'gap') {
        place.offset = read.offset;
        const { epoch } = this.host.hub;
        yield { frame: { type: 'rt.gap', topic: name, reason: 'slow_consumer', epoch, offset: read.offset } };
        read = topic.read(place, keys);
      }
      if (read.kind !== 'events') continue;
      for (const event of read.events) yield { event };
      const reader = this.#readers.get(name);
      if (reader) reader.place.offset = read.offset;
    }
  }

  /** Takes topics away that are no longer permitted. */
  forbid(topic: string): void {
    const lost = this.topics.filter((name) => sourceOf(name) === topic);
    for (const name of lost) this.#readers.delete(name);
    if (!lost.length) return;
    if (this.transport === 'websocket') return this.send({ type: 'unsubscribed', topics: lost, error: forbidden().wire });
    // The next exchange is told.
    this.wait = 0;
    this.outlet.wake();
  }

  /** Says goodbye with a code. */
  end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#readers.clear();
    this.outlet.frame({ type: 'rt.bye', code, reason });
    this.outlet.end(code);
  }

  /** The connection is gone. */
  gone(): void {
    this.#ended = true;
    this.#readers.clear();
  }

  send(frame: Fields): void {
    if (!this.#ended) this.outlet.frame(frame);
  }

  /** Answers a message. Without a `ref` a success is not told, and a failure by `rt.error`. */
  answer(ref: unknown, outcome: { payload: unknown; duplicate?: boolean } | { error: WireError }): void {
    const failed = 'error' in outcome;
    if (typeof ref === 'number') this.send({ type: 'rt.result', ref, ok: !failed, ...outcome });
    else if (failed) this.send({ type: 'rt.error', error: outcome.error });
  }

  #greet(hello: Fields, alone: boolean): void {
    if (hello.version !== 1) return this.end(4406, 'the server speaks version 1');
    this.user = this.host.authenticate(hello.token as string);
    if (this.user === null) return this.end(4401, 'the token was refused');
    const { epoch } = this.host.hub;
    this.instance = hello.instance as string;
    if (this.transport === 'polling') {
      this.#messagesVoid = hello.results_epoch !== epoch;
      this.wait = alone ? (hello.wait_ms as number | undefined) ?? 0 : 0;
    }
    const topics = (hello.topics as TopicRequest[]).map((request) => this.#subscribe(request));
    this.outlet.frame({
      type: 'rt.welcome', version: 1, connection: this.instance, heartbeat_ms: HEARTBEAT, max_frame_bytes: 1_048_576,
      max_topics: 256, server_time: new Date().toISOString(), results_epoch: epoch,
      poll: { interval_ms: 100, wait_ms: 25_000 }, topics,
    });
    this.host.entered(this);
  }

  #takeFrame(frame: Fields): void {
    const { type, ref } = frame;
    if (this.#messagesVoid) return;
    switch (type) {
      case 'subscribe': {
        const topics = (frame.topics as TopicRequest[]).map((request) => this.#subscribe(request));
        return this.send({ type: 'subscribed', ref, topics });
      }
      case 'unsubscribe':
        for (const name of frame.topics as string[]) this.#readers.delete(name);
        return this.send({ type: 'unsubscribed', ref, topics: frame.topics });
      case 'rt.auth': return this.#authenticateAgain(frame);
      case 'rt.ack': return this.host.acknowledged(this, frame);
      case 'ping': return this.send({ type: 'pong', t: frame.t });
      case 'pong': case 'rt.bye': return;
      default: carryOut(this.host, this, frame);
    }
  }

  #authenticateAgain({ ref, token }: Fields): void {
    const user = this.host.authenticate(token as string);
    if (user === null) {
      this.answer(ref, { error: { code: 'unauthorized', message: 'the token was refused', retryable: false } });
      return this.end(4401, 'the token was refused');
    }
    if (user !== this.user) return this.end(4403, "the new token is another user's");
    this.send({ type: 'rt.result', ref, ok: true });
  }

  #subscribe(asked: TopicRequest | string): Fields {
    const request = typeof asked === 'string' ? { topic: asked } : asked;
    try {
      const { topic } = request;
      if (/^(user|rt):/.test(topic)) {
        throw new Refusal('bad_topic', "the topic is the server's own; name `user`, `open:` or `presence:` and a topic");
      }
      if (this.host.isForbidden(sourceOf(topic))) throw forbidden();
      const { result, reader } = this.#begin(request);
      // Short polls have no now.
      if (reader.topic.class !== 'ephemeral' || this.transport === 'websocket' || this.wait > 0) return result;
      this.#readers.delete(topic);
      return { ...result, live: false };
    } catch (thrown) {
      return { topic: request.topic, ok: false, error: wireError(thrown) };
    }
  }

  #begin(request: TopicRequest): { result: Fields; reader: Reader } {
    const topic = this.host.hub.topic(request.topic, this.user ?? '');
    const { position, place } = topic.position(request);
    const reader = { topic, keys: request.keys, place };
    this.#readers.set(request.topic, reader);
    return { result: { topic: request.topic, ok: true, ...position }, reader };
  }
}

/** The topic whose permission counts. */
export function sourceOf(topic: string): string {
  return topic.replace(/^(open|presence):/, '');
}
