import { expect } from 'vitest';

import { decodeBytes, decodeText, type EventFrame, type FrameSink, MOST_IN_ANSWER, MOST_IN_MESSAGE } from '../../src/core/frames.js';
import { Flag, Frame } from '../../src/core/names.js';

/** A golden vector (tests/vectors/README.md). */
export interface Vector {
  readonly name: string;
  readonly direction: 'server' | 'client';
  readonly text?: string;
  readonly hex?: string;
  readonly over?: 'exchange';
  readonly expect: readonly Record<string, unknown>[];
}

/** What the browser's decoder makes of a vector, in normal form. What it leaves to people is not in it. */
export function decode(vector: Vector): Record<string, unknown>[] {
  const topics: string[] = [];
  // Each name that is looked up is a topic of ours.
  const slots = { get: (name: string) => topics.push(name) - 1 } as unknown as ReadonlyMap<string, number>;
  const frames: Record<string, unknown>[] = [];
  const sink: FrameSink = {
    event: (slot, offset, flags, _size, frame, id) => frames.push(event(topics[slot] ?? '', offset, flags, frame, id)),
    control: (values) => frames.push(control(new Reader(values))),
    bad: () => frames.push({ error: 'bad_frame' }),
  };
  if (vector.hex !== undefined) decodeBytes(Uint8Array.from(Buffer.from(vector.hex, 'hex')), slots, sink);
  else decodeText(vector.text ?? '', vector.over ? MOST_IN_ANSWER : MOST_IN_MESSAGE, slots, sink);
  return frames.map(clean);
}

/** What is expected, without what the browser's decoder leaves to people. */
export function expected(vector: Vector): Record<string, unknown>[] {
  return vector.expect.map((frame) => {
    const { connection: _c, server_time: _s, ...rest } = frame;
    if (frame.frame !== 'gap') delete rest.reason;
    return rest;
  });
}

function event(topic: string, offset: number, flags: number, frame: EventFrame, id: unknown): Record<string, unknown> {
  const bytes = frame.payload instanceof Uint8Array;
  return {
    frame: 'event', topic, type: frame.type, id: frame.rt.id ?? undefined, offset: offset < 0 ? undefined : offset,
    timestamp: frame.timestamp ?? undefined, correlation_id: frame.correlation_id ?? undefined, priority: frame.priority ?? undefined,
    requires_acknowledgment: frame.requires_acknowledgment || undefined, acknowledge: flags & Flag.Acknowledge ? id : undefined,
    key: frame.rt.key ?? undefined, deleted: flags & Flag.Deleted ? true : undefined,
    payload: bytes ? undefined : frame.payload, bytes: bytes ? Buffer.from(frame.payload as Uint8Array).toString('hex') : undefined,
  };
}

class Reader {
  #next = 0;
  constructor(private readonly values: readonly unknown[]) {}
  any = () => this.values[this.#next++];
  optional = () => {
    const value = this.any() as number;
    return value < 0 ? undefined : value;
  };
  many = <Value>(read: () => Value): Value[] => Array.from({ length: this.any() as number }, read);
}

function control(reader: Reader): Record<string, unknown> {
  const { any, optional, many } = reader;
  switch (any()) {
    case Frame.Welcome: return {
      frame: 'welcome', version: any(), heartbeat_ms: any(), max_frame_bytes: any(), max_topics: any(), auth_expires_in_ms: optional(),
      results_epoch: any(), poll: { interval_ms: any(), wait_ms: any() }, topics: many(() => topicResult(reader)),
    };
    case Frame.Subscribed: return { frame: 'subscribed', ref: optional(), topics: many(() => topicResult(reader)) };
    case Frame.Unsubscribed: return { frame: 'unsubscribed', ref: optional(), topics: many(any), error: any() ? wireError(reader) : undefined };
    case Frame.Gap: return { frame: 'gap', topic: any(), reason: gapReason(any()), epoch: any(), offset: any() };
    case Frame.Result: {
      const head = { frame: 'result', ref: any(), duplicate: any() || undefined, auth_expires_in_ms: optional() };
      const kind = any();
      return { ...head, ok: kind !== 0, ...(kind === 0 ? { error: wireError(reader) } : kind === 1 ? {} : { payload: any() }) };
    }
    case Frame.AuthRequired: return { frame: 'auth_required', within_ms: any() };
    case Frame.Drain: return { frame: 'drain', min_ms: any(), max_ms: any(), deadline_ms: any() };
    case Frame.More: return { frame: 'more' };
    case Frame.Error: return { frame: 'error', error: wireError(reader) };
    case Frame.Bye: return { frame: 'bye', code: any(), reconnect_after_ms: optional() };
    case Frame.Ping: return { frame: 'ping', t: optional() };
    case Frame.Pong: return { frame: 'pong', t: optional() };
    default: return { frame: 'unknown' };
  }
}

function topicResult(reader: Reader): Record<string, unknown> {
  const { any } = reader;
  const topic = any();
  if (!any()) return clean({ topic, ok: false, error: wireError(reader) });
  const kind = ['log', 'state', 'ephemeral'][any() as number];
  const [epoch, offset, top, head, how] = [any(), any(), any(), any(), any() as number];
  const gap = gapReason(how);
  const live = any();
  return clean({
    topic, ok: true, class: kind, epoch, offset, top, head: head === top ? undefined : head, live: live ? undefined : false,
    recovery: ['fresh', 'resumed', 'reset'][how - 4] ?? 'gap', gap,
  });
}

function gapReason(value: unknown): string | undefined {
  return ['history_evicted', 'epoch_changed', 'slow_consumer', 'source_lost'][value as number];
}

function wireError({ any, optional }: Reader): Record<string, unknown> {
  const token = any();
  const [code = '', ...words] = (any() as string).split(' ');
  expect(token).toBe(code === 'unauthorized' || code === 'token_expired');
  return clean({ code, message: words.join(' '), retryable: any(), retry_after_ms: optional() });
}

function clean(frame: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(frame).filter(([, value]) => value !== undefined));
}
