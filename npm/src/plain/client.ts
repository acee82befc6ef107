import { SteadfastError } from '../error.js';
import { hand } from '../hand.js';
import { openLog } from '../log.js';
import { checkTopic, closed, payloadOf } from '../outbox.js';
import { openStream } from '../stream.js';
import type { Client, Delivery, Statistics, Status, SubscribeOptions, Subscription } from '../types.js';
import { read, write } from './dialect.js';
import { PlainLink, unsupported } from './link.js';
import { type PlainClientOptions, settle } from './options.js';

/** One listener of a topic. */
interface Entry {
  readonly keys: ReadonlySet<string> | undefined;
  readonly take: (delivery: Delivery) => void;
}

/** How many events an unread stream holds: nothing can wait at a plain server. */
const MOST_UNREAD = 1_024;

const COUNTED = ['opens', 'delivered', 'gaps', 'badFrames', 'listenerErrors'] as const;

/** Makes a client of a plain server. */
export function createPlain(options: PlainClientOptions): Client {
  const settings = settle(options);
  const { dialect } = settings;
  const log = openLog(() => client, settings.logger);
  const topics = new Map<string, Set<Entry>>();
  /** Topics that were live before: what came since may be lost. */
  const known = new Set<string>();
  const statusListeners = new Set<(status: Status) => void>();
  const ends = new Set<() => void>();
  const counts: Record<string, number> = Object.fromEntries(COUNTED.map((name) => [name, 0]));
  const count = (name: (typeof COUNTED)[number]) => { counts[name] = (counts[name] ?? 0) + 1; };
  let over = false;

  const guarded = (act: () => void) => {
    try {
      act();
    } catch (error) {
      count('listenerErrors');
      log('error', 'a listener failed; the client goes on.', error);
    }
  };
  const tell = (topic: string, delivery: Delivery) => {
    for (const entry of topics.get(topic) ?? []) entry.take(delivery);
  };

  const link = new PlainLink(settings, JSON.stringify({ type: dialect === 'nested' ? 'ping' : 'heartbeat' }), {
    log,
    status(status) {
      log('info', status.state, status.reason?.message ?? '');
      for (const listener of [...statusListeners]) guarded(() => listener(status));
    },
    live() {
      count('opens');
      ask([...topics.keys()]);
      for (const topic of topics.keys()) {
        if (known.has(topic)) {
          count('gaps');
          tell(topic, { kind: 'gap', gap: { topic, reason: 'not_resumed' } });
        }
        known.add(topic);
        tell(topic, { kind: 'live' });
      }
    },
    message(data) {
      const message = read(data, settings.topicOf);
      if (message.kind === 'bad') {
        count('badFrames');
        log('warn', 'something came that is no object with a type; it is counted and ignored');
      }
      if (message.kind === 'ping') link.send(JSON.stringify({ type: 'pong' }));
      if (message.kind === 'event') {
        const { event } = message;
        const entries = [...topics.get(event.topic) ?? []].filter(({ keys }) => !keys || event.key === undefined || keys.has(event.key));
        if (entries.length) count('delivered');
        for (const { take } of entries) take({ kind: 'event', event });
      }
      return { answersHeartbeat: message.kind === 'alive' };
    },
  });

  /** Asks for topics. Servers after ADR-010 know `subscribe_kpis` alone, and send the rest unasked; nobody answers. */
  const ask = (asked: readonly string[]) => {
    if (asked.length) link.send(write(dialect, 'subscribe', { topics: asked }));
    const entries = asked.includes('kpis') ? [...topics.get('kpis') ?? []] : [];
    if (!entries.length || dialect === 'nested' || entries.some(({ keys }) => !keys)) return;
    link.send(write(dialect, 'subscribe_kpis', { site_ids: [...new Set(entries.flatMap(({ keys }) => [...keys ?? []]))] }));
  };

  const follow = (topic: string, { keys, history, cursor }: SubscribeOptions, take: Entry['take']): (() => void) => {
    if (over) throw closed();
    checkTopic(topic);
    if (history || cursor) log('warn', `${topic}: a plain server keeps no history, so \`history\` and \`cursor\` do nothing`);
    const entry: Entry = { keys: keys && new Set(keys), take };
    const entries = topics.get(topic) ?? new Set();
    topics.set(topic, entries.add(entry));
    if (link.isLive) {
      ask([topic]);
      known.add(topic);
      queueMicrotask(() => link.isLive && entries.has(entry) && take({ kind: 'live' }));
    }
    return () => {
      if (!entries.delete(entry) || entries.size) return;
      topics.delete(topic);
      known.delete(topic);
      link.send(write(dialect, 'unsubscribe', { topics: [topic] }));
    };
  };

  const client: Client = {
    connect() {
      if (over) throw closed();
      link.connect();
    },
    disconnect() {
      if (!over) link.disconnect();
    },
    close() {
      if (over) return;
      over = true;
      topics.clear();
      for (const end of ends) end();
      link.close();
    },
    subscribe(topic, listener, given = {}): Subscription {
      if (typeof listener !== 'object' || listener === null) {
        throw new SteadfastError('bad_options', 'subscribe needs a listener: subscribe(topic, { onEvent(event) { … } })');
      }
      const say = (text: string, value: unknown) => log('warn', `${topic}: ${text}`, value);
      let ended = false;
      const leave = follow(topic, given, (delivery) => {
        if (!ended) guarded(() => hand(listener, delivery, say));
      });
      const end = () => {
        ended = true;
        leave();
      };
      return Object.assign(end, { topic, cursor: () => null, isLive: () => !ended && link.isLive });
    },
    stream(topic, given = {}) {
      let [unread, lost] = [0, false];
      const leave = follow(topic, given, (delivery) => {
        lost ||= delivery.kind === 'event' && unread >= MOST_UNREAD;
        if (delivery.kind !== 'event') return sink.push(delivery);
        if (unread >= MOST_UNREAD) return;
        if (lost) sink.push({ kind: 'gap', gap: { topic, reason: 'slow_consumer' } });
        lost = false;
        unread += 1;
        sink.push(delivery, () => { unread -= 1; });
      });
      const sink = openStream(topic, () => {
        ends.delete(sink.end);
        leave();
      });
      ends.add(sink.end);
      return sink.stream;
    },
    publish: () => Promise.reject(over ? closed() : unsupported('a plain server takes no publishes from clients')),
    async request(type, payload) {
      if (!client.send(type, payload)) {
        throw over ? closed() : new SteadfastError('unavailable', 'there is no connection, and to a plain server nothing is kept for later; try again when connected', true);
      }
      return { payload: undefined as never, duplicate: false };
    },
    send(type, payload) {
      if (typeof type !== 'string' || !type) throw new SteadfastError('bad_options', `\`type\` must be a text, and is ${typeof type}`);
      const [kind, text] = payloadOf(payload);
      if (kind === 2) throw new SteadfastError('bad_payload', 'a plain server takes no bytes; give plain objects');
      return link.send(write(dialect, type, kind === 0 ? undefined : JSON.parse(text as string)));
    },
    acknowledge: () => Promise.reject(over ? closed() : unsupported('a plain server knows no acknowledgements')),
    get status() {
      return link.status;
    },
    onStatus(listener) {
      const wrapped = (status: Status) => listener(status);
      statusListeners.add(wrapped);
      return () => void statusListeners.delete(wrapped);
    },
    statistics: () => ({ ...ZERO, ...counts }),
    debugReport: () => [
      `status: ${JSON.stringify(link.status)}`, `plain ${dialect}, ${link.isProven ? 'answers heartbeats' : 'not proven'}, no resume`,
      `counters: ${JSON.stringify(counts)}`, `topics: ${[...topics].map(([name, { size }]) => `${name}: ${size} listeners`).join(', ')}`,
    ].join('\n'),
    logLevel: settings.logLevel,
  };
  if (settings.autoConnect) client.connect();
  return client;
}

/** The counters that say nothing here. */
const ZERO: Statistics = {
  opens: 0, welcomes: 0, exchanges: 0, exchangesFailed: 0, delivered: 0, repeats: 0, stale: 0, staleFrames: 0, gaps: 0, resets: 0,
  rewinds: 0, refused: 0, ephemeralDropped: 0, badFrames: 0, unknownFrames: 0, receiptsDropped: 0, resends: 0, fallbacks: 0,
  probes: 0, drains: 0, listenerErrors: 0,
};
