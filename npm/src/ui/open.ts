import type { SteadfastEvent } from '../types.js';

/** The event inside a value of an `open:` topic, as it was first published; `null` where the value has another shape. */
export function readOpen(value: SteadfastEvent, topic: string): SteadfastEvent | null {
  const frame = member(value.payload, 'event');
  const type = member(frame, 'type');
  const id = member(member(frame, 'rt'), 'id') ?? value.key;
  if (typeof type !== 'string' || typeof id !== 'string') return null;
  return {
    type,
    payload: member(frame, 'payload'),
    topic,
    id,
    offset: optional(member(member(frame, 'rt'), 'offset'), 'number'),
    timestamp: optional(member(frame, 'timestamp'), 'string'),
    priority: optional(member(frame, 'priority'), 'string'),
    requiresAcknowledgment: true,
    replay: value.replay,
  } as SteadfastEvent;
}

/** A member of something that may be no object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function optional(value: unknown, type: 'string' | 'number'): unknown {
  return typeof value === type ? value : undefined;
}
