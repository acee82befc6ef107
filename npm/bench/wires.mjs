// The wire formats, as far as their clients need them: what each begins with, answers, and sends an event as.

import { TOPIC, eventOf } from './events.mjs';

const EPOCH = 'feed';

/** `steadfast.v1` (sdk-core/PROTOCOL.md). Several events are one array. */
export const steadfast = {
  subprotocol: 'steadfast.v1',
  event: (number) => {
    const { type, payload, timestamp } = eventOf(number);
    return JSON.stringify({ type, payload, timestamp, rt: { id: `0123456789abcdef-${number}`, topic: TOPIC, offset: number } });
  },
  message: (events) => events.length === 1 ? events[0] : `[${events}]`,
  answer: (text) => [JSON.parse(text)].flat().map(answerSteadfast).filter(Boolean).map((frame) => JSON.stringify(frame)),
};

function answerSteadfast(frame) {
  switch (frame.type) {
    case 'rt.hello': return {
      type: 'rt.welcome', version: 1, connection: 'feed-1', heartbeat_ms: 25_000, max_frame_bytes: 1_048_576, max_topics: 256,
      server_time: '2026-01-02T03:04:05.678Z', results_epoch: EPOCH, poll: { interval_ms: 5_000, wait_ms: 0 }, topics: frame.topics.map(resolve),
    };
    case 'subscribe': return { type: 'subscribed', ref: frame.ref, topics: frame.topics.map(resolve) };
    case 'unsubscribe': return { type: 'unsubscribed', ref: frame.ref, topics: frame.topics };
    case 'ping': return { type: 'pong', t: frame.t };
    default: return undefined;
  }
}

function resolve(wanted) {
  const topic = wanted.topic ?? wanted;
  if (topic !== TOPIC) return { topic, ok: false, error: { code: 'forbidden', message: 'the feed has one topic', retryable: false } };
  // Whoever comes with a cursor has lost its place, and would have events again that were sent.
  if (wanted.cursor) throw new Error('the client comes back with a cursor, though nothing was lost');
  return { topic, ok: true, class: 'log', epoch: EPOCH, offset: 0, top: 0, recovery: 'fresh' };
}

/** The seeds' envelope and nothing else: what there is to read where nobody resumes. Several events are one array. */
export const plain = { ...steadfast, subprotocol: undefined, event: (number) => JSON.stringify(eventOf(number)), answer: () => [] };

/** The very messages of `steadfast.v1`, without a conversation. */
export const frames = { ...steadfast, subprotocol: undefined, answer: () => [] };

/** Centrifugo's JSON protocol, with positions, so that its client keeps count too. Several replies are as many lines. */
export const centrifuge = {
  event: (number) => JSON.stringify({ push: { channel: TOPIC, pub: { data: eventOf(number), offset: number } } }),
  message: (events) => events.join('\n'),
  answer: (text) => text.split('\n').map((line) => answerCentrifuge(JSON.parse(line))).filter(Boolean).map((reply) => JSON.stringify(reply)),
};

function answerCentrifuge({ id, connect, subscribe }) {
  if (connect) return { id, connect: { client: 'feed-1', version: '6', ping: 25, pong: true } };
  if (subscribe) return { id, subscribe: { recoverable: true, positioned: true, epoch: EPOCH, offset: 0 } };
  return undefined;
}

/** Socket.IO 5 over Engine.IO 4. One packet is one message. */
export const socketIo = {
  greeting: `0${JSON.stringify({ sid: 'feed-1', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 })}`,
  event: (number) => {
    const { type, ...rest } = eventOf(number);
    return `42${JSON.stringify([type, rest])}`;
  },
  message: ([event]) => event,
  answer: (text) => text === '40' ? ['40{"sid":"feed-1"}'] : [],
};
