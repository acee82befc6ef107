import type { EventOf } from '../types.js';

/** How a plain server writes: ADR-006 nests the payload, ADR-010 has it beside the type. */
export type Dialect = 'nested' | 'flat';

/** What a plain server says. */
export type PlainMessage =
  | { readonly kind: 'event'; readonly event: EventOf<string, unknown> }
  /** An answer to a heartbeat. */
  | { readonly kind: 'alive' }
  /** The server asks whether this side lives. */
  | { readonly kind: 'ping' }
  /** The beginning of a conversation in the flat dialect. */
  | { readonly kind: 'established' }
  /** No object with a type. */
  | { readonly kind: 'bad' };

/** What of a flat message is no payload. */
const ENVELOPE = ['type', 'payload', 'timestamp', 'correlation_id', 'priority', 'requires_acknowledgment', 'id', 'topic'];

/** Reads one message: exactly one JSON object. */
export function read(text: unknown, topicOf: (type: string) => string): PlainMessage {
  const message = parsed(text);
  if (!message) return { kind: 'bad' };
  const { type } = message;
  if (type === 'pong' || type === 'heartbeat_ack') return { kind: 'alive' };
  if (type === 'ping') return { kind: 'ping' };
  if (type === 'connection_established') return { kind: 'established' };
  const payload = 'payload' in message
    ? message.payload : Object.fromEntries(Object.entries(message).filter(([name]) => !ENVELOPE.includes(name)));
  return {
    kind: 'event',
    event: {
      type,
      payload,
      topic: string(message.topic) ?? topicOf(type),
      requiresAcknowledgment: message.requires_acknowledgment === true,
      replay: false,
      ...given('id', string(message.id)),
      ...given('key', string((payload as { site_id?: unknown } | null | undefined)?.site_id)),
      ...given('timestamp', utc(string(message.timestamp))),
      ...given('correlationId', string(message.correlation_id)),
      ...given('priority', string(message.priority)),
    },
  };
}

/** Writes one message. */
export function write(dialect: Dialect, type: string, payload?: unknown): string {
  const timestamp = new Date().toISOString();
  if (dialect === 'nested') return JSON.stringify({ type, payload: payload ?? null, timestamp });
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  return JSON.stringify({ ...isObject ? payload : payload !== undefined && { payload }, type, timestamp });
}

function parsed(text: unknown): Record<string, unknown> & { readonly type: string } | undefined {
  try {
    const message = JSON.parse(text as string) as Record<string, unknown> | null;
    return typeof message?.type === 'string' && message.type ? message as ReturnType<typeof parsed> : undefined;
  } catch {
    return undefined;
  }
}

/** These servers write times of UTC without saying so; JavaScript would read them as local ones. */
function utc(timestamp: string | undefined): string | undefined {
  return timestamp !== undefined && /T[\d:.]+$/.test(timestamp) ? `${timestamp}Z` : timestamp;
}

function given<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: string };
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
