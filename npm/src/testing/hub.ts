import type { Draft, StoredEvent } from './event.js';
import { Refusal } from './refusal.js';
import type { Topic } from './topics.js';
import { classRules, openTopic } from './topics.js';
import type { Outcome, PublishedEvent, TopicClass } from './types.js';

/** The longest key of a state topic, in bytes. */
const LONGEST_KEY = 256;

/** An event that waits for a person, or did. */
interface Waiting {
  /** The topic's own name here. */
  readonly source: string;
  settled: boolean;
}

/** The topics, what waits for a person in them, and what became of messages: all that is forgotten when the server restarts. */
export class Hub {
  /** What became of clients' messages, by user and idempotency key. */
  readonly results = new Map<string, { readonly body: string; readonly outcome: Outcome | Promise<Outcome> }>();
  readonly #topics = new Map<string, Topic>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #classOf: (topic: string) => TopicClass;
  #events = 0;

  constructor(readonly epoch: string, rules: Readonly<Record<string, TopicClass>>) {
    this.#classOf = classRules(rules);
  }

  /** The topic that this user means. */
  topic(name: string, user: string): Topic {
    const own = ownName(name, user);
    const known = this.#topics.get(own) ?? openTopic(this.#classOf(name), this.epoch);
    this.#topics.set(own, known);
    return known;
  }

  /** Appends an event; one that asks for it waits for a person from then on. */
  publish(draft: Draft, user: string): PublishedEvent {
    const topic = this.topic(draft.topic, user);
    check(draft, topic.class);
    const event = topic.append(draft, this.#nextId());
    if (draft.requiresAcknowledgment) this.#wait(draft, event, user);
    return { id: event.id, epoch: this.epoch, ...topic.class !== 'ephemeral' && { offset: event.offset } };
  }

  /** Settles these events for everybody. Gives the ids that wait for nobody that this user may speak for. */
  acknowledge(ids: readonly string[], user: string): string[] {
    const unknown = this.unknown(ids, user);
    for (const id of ids) {
      const waiting = this.#waiting.get(id);
      if (!waiting || waiting.settled || unknown.includes(id)) continue;
      waiting.settled = true;
      const topic = `open:${waiting.source.startsWith('user:') ? 'user' : waiting.source}`;
      this.topic(topic, user).append({ topic, type: 'acknowledged', payload: undefined, key: id, deleted: true }, this.#nextId());
    }
    return unknown;
  }

  /** Which of these ids wait, and waited, for nobody that this user may speak for. */
  unknown(ids: readonly string[], user: string): string[] {
    return ids.filter((id) => {
      const source = this.#waiting.get(id)?.source;
      return source === undefined || (source.startsWith('user:') && source !== ownName('user', user));
    });
  }

  #wait({ topic, type, priority }: Draft, event: StoredEvent, user: string): void {
    this.#waiting.set(event.id, { source: ownName(topic, user), settled: false });
    const value = { event: JSON.parse(event.text) as unknown, state: 'open', by: [], at: new Date().toISOString() };
    const open = `open:${topic}`;
    this.topic(open, user).append({ topic: open, type, priority, key: event.id, payload: JSON.stringify(value) }, this.#nextId());
  }

  #nextId(): string {
    this.#events += 1;
    return `${this.epoch}-${this.#events}`;
  }
}

/** `user` is another topic for each user. */
function ownName(topic: string, user: string): string {
  return topic.replace(/^(open:|presence:)?user$/, `$&:${user}`);
}

/** Whether an event fits a topic of this class; the order of the checks is the real server's. */
function check({ key, deleted, payload, requiresAcknowledgment }: Draft, kind: TopicClass): void {
  if (kind === 'state') {
    if (key === undefined) throw new Refusal('bad_frame', 'a state topic holds values by key; give `key`');
    const bytes = new TextEncoder().encode(key).length;
    if (bytes < 1 || bytes > LONGEST_KEY) throw new Refusal('too_large', '`key` must be 1 to 256 bytes; shorten it');
    if (deleted && payload !== undefined) throw new Refusal('bad_frame', 'a deletion carries no payload; leave it out');
  }
  if (kind !== 'log' && requiresAcknowledgment) {
    throw new Refusal('unsupported', 'only events of log topics can require an acknowledgement; leave it out');
  }
  if (kind === 'state') return;
  if (key !== undefined) throw new Refusal('unsupported', 'only state topics have keys; leave `key` out');
  if (deleted) throw new Refusal('unsupported', 'only state topics have keys to delete; leave `deleted` out');
}
