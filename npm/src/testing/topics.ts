import type { Draft, StoredEvent } from './event.js';
import { EphemeralTopic } from './ephemeral-topic.js';
import { LogTopic } from './log-topic.js';
import { StateTopic } from './state-topic.js';
import type { TopicClass } from './types.js';

/** A topic as a client asks for it. */
export interface TopicRequest {
  readonly topic: string;
  readonly cursor?: { readonly epoch: string; readonly offset: number };
  readonly keys?: readonly string[];
  readonly history?: number;
  readonly head?: number;
}

/** Where a subscription begins, as a client is told it. */
export interface Position {
  readonly class: TopicClass;
  readonly epoch: string;
  readonly offset: number;
  readonly top: number;
  readonly head?: number;
  readonly recovery: 'fresh' | 'resumed' | 'gap' | 'reset';
  readonly gap?: { readonly reason: string };
}

/** Where a reader stands: it has all up to `offset`, and knows of deletions forgotten up to `floor`. */
export interface Place {
  offset: number;
  readonly floor: number;
}

/** What a read gives. */
export type Read =
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[]; readonly offset: number }
  /** What lies up to `offset` is lost to this reader. */
  | { readonly kind: 'gap'; readonly offset: number }
  /** All values are to follow anew. */
  | { readonly kind: 'reset' };

/** A topic's history. */
export interface Topic {
  readonly class: TopicClass;
  append(draft: Draft, id: string): StoredEvent;
  position(request: TopicRequest): { readonly position: Position; readonly place: Place };
  read(place: Place, keys: readonly string[] | undefined): Read;
  /** Forgets what it keeps, and `lost` events more. */
  lose(lost: number): void;
}

/** Says the class of a topic: the server's own first, then by the rules given, then by those that real servers have. */
export function classRules(given: Readonly<Record<string, TopicClass>>): (topic: string) => TopicClass {
  const rules = [...Object.entries(given), ['kpis', 'state'], ['*.progress', 'ephemeral'], ['*', 'log']] as [string, TopicClass][];
  return (topic) => {
    if (topic === 'user') return 'log';
    if (/^(open|presence):/.test(topic)) return 'state';
    return rules.find(([pattern]) => matches(pattern, topic))?.[1] ?? 'log';
  };
}

/** An empty topic of a class. */
export function openTopic(kind: TopicClass, epoch: string): Topic {
  switch (kind) {
    case 'log': return new LogTopic(epoch);
    case 'state': return new StateTopic(epoch);
    case 'ephemeral': return new EphemeralTopic();
  }
}

function matches(pattern: string, topic: string): boolean {
  const [beginning = '', ending] = pattern.split('*');
  if (ending === undefined) return topic === pattern;
  return topic.length >= beginning.length + ending.length && topic.startsWith(beginning) && topic.endsWith(ending);
}
