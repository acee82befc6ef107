import { Flag, Frame, GAP_REASONS, UNKNOWN_SLOT } from './names.js';

/** An event's frame, checked, as `JSON.parse` made it; a payload of bytes is a `Uint8Array` in its place. */
export interface EventFrame {
  readonly type: string;
  payload?: unknown;
  readonly timestamp?: string | null;
  readonly correlation_id?: string | null;
  readonly priority?: string | null;
  readonly requires_acknowledgment?: boolean | null;
  readonly rt: { readonly topic: string; readonly id?: string | null; readonly key?: string | null };
}

/** Who takes frames as they are decoded. */
export interface FrameSink {
  /** An event. `id` is there where the flags say that it is to be acknowledged. */
  event(slot: number, offset: number, flags: number, size: number, frame: EventFrame, id: unknown): void;
  /** Any other frame, as arguments for the machine. */
  control(values: unknown[]): void;
  /** Something that is no frame. */
  bad(): void;
}

/** The most frames that one WebSocket text message may hold. */
export const MOST_IN_MESSAGE = 64;
/** The most frames that an exchange's answer may hold: the protocol's 1,000 events and as many of other kinds. */
export const MOST_IN_ANSWER = 2_048;

type Fields = Record<string, unknown>;

/** Decodes a text message, or an exchange's answer, and gives each of its frames in order (PROTOCOL.md, Frames). */
export function decodeText(text: string, most: number, slots: ReadonlyMap<string, number>, sink: FrameSink): void {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return sink.bad();
  }
  // Only an escape can put half a character into a string.
  halves = text.includes('\\u');
  if (!Array.isArray(message)) return decode(message, text.length, slots, sink);
  if (!message.length || message.length > most || message.some(Array.isArray)) return sink.bad();
  for (const element of message) decode(element, Math.ceil(text.length / message.length), slots, sink);
}

/** Decodes a binary message: one frame with raw bytes as its payload (PROTOCOL.md, Bytes). */
export function decodeBytes(message: Uint8Array, slots: ReadonlyMap<string, number>, sink: FrameSink): void {
  try {
    const length = new DataView(message.buffer, message.byteOffset, message.byteLength).getUint32(1);
    const end = 5 + length;
    if (message[0] !== 1 || length > 16_384 || end > message.length) throw 0;
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message.subarray(5, end));
    const frame: unknown = JSON.parse(text);
    halves = text.includes('\\u');
    decode(frame, message.length, slots, sink, message.slice(end));
  } catch {
    sink.bad();
  }
}

/** A refusal's body, as a frame's arguments for the machine; `undefined` where it is none. */
export function decodeRefusal(text: string): unknown[] | undefined {
  try {
    return [Frame.Error, ...wireError(object(JSON.parse(text)).error)];
  } catch {
    return undefined;
  }
}

let halves = false;

function decode(message: unknown, size: number, slots: ReadonlyMap<string, number>, sink: FrameSink, bytes?: Uint8Array): void {
  let frame: Fields;
  let control: unknown[] | undefined;
  let slot = UNKNOWN_SLOT;
  let [offset, flags] = [0, 0];
  let id: string | undefined;
  try {
    frame = object(message);
    control = controlOf(frame);
    if (!control) {
      const rt = object(frame.rt);
      slot = slots.get(string(rt.topic)) ?? slot;
      id = optionalString(rt.id);
      forPeople(rt.key, frame.timestamp, frame.correlation_id, frame.priority);
      offset = optionalInteger(rt.offset);
      if (boolean(rt.deleted)) flags = Flag.Deleted;
      if (boolean(frame.requires_acknowledgment) && id !== undefined) flags |= Flag.Acknowledge;
      const encoding = optionalString(rt.encoding);
      if (bytes) frame.payload = bytes;
      else if (encoding !== undefined) frame.payload = base64(encoding, frame.payload);
    }
  } catch {
    return sink.bad();
  }
  if (control) sink.control(control);
  else sink.event(slot, offset, flags, size, frame as unknown as EventFrame, id);
}

/** The arguments of a frame that is no event. */
function controlOf(frame: Fields): unknown[] | undefined {
  const type = string(frame.type);
  // 64 characters: up to 128 units.
  if (!type || (type.length > 64 && [...type].length > 64)) throw 0;
  // An event's way: most of their types need no look into the table.
  const read = CONTROL_BEGINS.includes(type[0] as string) ? CONTROL.get(type) : undefined;
  if (read) return read(frame);
  return frame.rt == null || type.startsWith('rt.') ? [Frame.Unknown] : undefined;
}

const CONTROL = /* @__PURE__ */ new Map(/* @__PURE__ */ Object.entries<(frame: Fields) => unknown[]>({
  'rt.welcome': (frame) => {
    const poll = object(frame.poll);
    forPeople(frame.connection, frame.server_time);
    return [
      Frame.Welcome, integer(frame.version), integer(frame.heartbeat_ms), integer(frame.max_frame_bytes), integer(frame.max_topics),
      optionalInteger(frame.auth_expires_in_ms), string(frame.results_epoch), integer(poll.interval_ms), integer(poll.wait_ms ?? 0),
      ...topicResults(frame.topics),
    ];
  },
  subscribed: (frame) => [Frame.Subscribed, optionalInteger(frame.ref), ...topicResults(frame.topics)],
  unsubscribed: (frame) => {
    const topics = array(frame.topics).map(string);
    const error = frame.error == null ? [false] : [true, ...wireError(frame.error)];
    return [Frame.Unsubscribed, optionalInteger(frame.ref), topics.length, ...topics, ...error];
  },
  'rt.gap': (frame) => [
    Frame.Gap, string(frame.topic), gapReason(frame.reason), string(frame.epoch), integer(frame.offset),
  ],
  'rt.result': (frame) => [
    Frame.Result, integer(frame.ref), boolean(frame.duplicate), optionalInteger(frame.auth_expires_in_ms),
    ...(requiredBoolean(frame.ok)
      ? frame.payload === undefined ? [1] : [2, frame.payload]
      : [0, ...wireError(frame.error)]),
  ],
  'rt.auth_required': (frame) => {
    forPeople(frame.reason);
    return [Frame.AuthRequired, integer(frame.within_ms)];
  },
  'rt.drain': (frame) => {
    forPeople(frame.reason);
    const window = array(frame.reconnect_after_ms).map(integer);
    const [min = 0, max = 0] = window;
    if (window.length !== 2 || min > max) throw 0;
    return [Frame.Drain, min, max, integer(frame.deadline_ms)];
  },
  'rt.more': () => [Frame.More],
  'rt.error': (frame) => [Frame.Error, ...wireError(frame.error)],
  'rt.bye': (frame) => {
    forPeople(frame.reason);
    const code = integer(frame.code);
    if (code > 0xffff) throw 0;
    return [Frame.Bye, code, optionalInteger(frame.reconnect_after_ms)];
  },
  ping: (frame) => [Frame.Ping, optionalInteger(frame.t)],
  pong: (frame) => [Frame.Pong, optionalInteger(frame.t)],
  subscribe: () => [Frame.Unknown],
  unsubscribe: () => [Frame.Unknown],
}));

/** What the types of control frames begin with. */
const CONTROL_BEGINS = /* @__PURE__ */ (() => [...CONTROL.keys()].map((type) => type[0]).join(''))();

function topicResults(value: unknown): unknown[] {
  const results = array(value);
  return [results.length, ...results.flatMap((element) => {
    const result = object(element);
    const topic = string(result.topic);
    return requiredBoolean(result.ok) ? [topic, true, ...position(result)] : [topic, false, ...wireError(result.error)];
  })];
}

function position(result: Fields): unknown[] {
  const kind = among(['log', 'state', 'ephemeral'], result.class);
  const gap = object(result.gap ?? {});
  const recovery = among(['gap', 'fresh', 'resumed', 'reset'], result.recovery);
  const how = recovery ? 3 + recovery : gapReason(gap.reason);
  const live = requiredBoolean(result.live ?? true);
  if (kind === 2) return [kind, '', 0, 0, 0, how, live];
  const top = integer(result.top);
  return [kind, string(result.epoch), integer(result.offset), top, integer(result.head ?? top), how, live];
}

/** A reason that this version does not know is still a loss. */
function gapReason(reason: unknown): number {
  const known = GAP_REASONS.indexOf(string(reason));
  return known < 0 ? 3 : known;
}

function wireError(value: unknown): unknown[] {
  const error = object(value);
  const code = string(error.code);
  return [
    ['unauthorized', 'token_expired'].includes(code), `${code} ${string(error.message ?? '')}`, boolean(error.retryable),
    optionalInteger(error.retry_after_ms),
  ];
}

function base64(encoding: string, payload: unknown): Uint8Array {
  const text = string(payload);
  const binary = atob(text);
  // `atob` forgives white space and missing padding.
  if (encoding !== 'base64' || btoa(binary) !== text) throw 0;
  return Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
}

function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw 0;
  if (halves) Object.keys(value).forEach(string);
  return value as Fields;
}

function array(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw 0;
  return value;
}

function string(value: unknown): string {
  if (typeof value !== 'string' || (halves && /\p{Cs}/u.test(value))) throw 0;
  return value;
}

function optionalString(value: unknown): string | undefined {
  return value == null ? undefined : string(value);
}

function forPeople(...values: unknown[]): void {
  for (const value of values) optionalString(value);
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw 0;
  // Minus zero is zero.
  return (value as number) + 0;
}

function optionalInteger(value: unknown): number {
  return value == null ? -1 : integer(value);
}

function boolean(value: unknown): boolean {
  return requiredBoolean(value ?? false);
}

function requiredBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw 0;
  return value;
}

function among(names: string[], value: unknown): number {
  const index = names.indexOf(string(value));
  if (index < 0) throw 0;
  return index;
}
