import type { SteadfastEvent } from 'steadfast';

/** The event inside a value of an `open:{topic}` topic, as it was published; `null` where the value has another shape. */
export function eventInside(value: SteadfastEvent, topic: string): SteadfastEvent | null {
  const frame = record(record(value.payload)?.event);
  const id = value.key;
  if (frame === null || typeof frame.type !== 'string' || id === undefined) return null;
  return {
    type: frame.type,
    payload: frame.payload,
    topic,
    id,
    ...(typeof frame.timestamp === 'string' && { timestamp: frame.timestamp }),
    ...(typeof frame.priority === 'string' && { priority: frame.priority }),
    requiresAcknowledgment: true,
    replay: value.replay,
  };
}

/** A value's members, where it has any. */
export function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

/** A text, where it is one and says something. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A number, where it is one. */
export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
