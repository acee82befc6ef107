import type { SteadfastEvent } from '../types.js';

/**
 * The event inside a value of an `open:` topic, as it was first published on the topic beside it; `null` where the value has
 * another shape. `replay` is the value's: whether it was open before the subscription began or resumed. A payload of bytes is the
 * base64 text that it is inside JSON.
 */
export function readOpen(value: SteadfastEvent): SteadfastEvent | null {
  const frame = member(value.payload, 'event');
  const rt = member(frame, 'rt');
  const type = member(frame, 'type');
  const id = member(rt, 'id') ?? value.key;
  if (typeof type !== 'string' || typeof id !== 'string') return null;
  return {
    type,
    payload: member(frame, 'payload'),
    topic: value.topic.slice('open:'.length),
    id,
    ...known(rt, 'offset', 'offset', 'number'),
    ...known(frame, 'timestamp'),
    ...known(frame, 'correlation_id', 'correlationId'),
    ...known(frame, 'priority'),
    requiresAcknowledgment: true,
    replay: value.replay,
  };
}

/** A member of something that may be no object: text, numbers, lists and bytes have none of such names. */
export function member(value: unknown, name: string): unknown {
  return (value as Record<string, unknown> | null | undefined)?.[name];
}

/** A member of an event, where it is there and of its type. */
function known(frame: unknown, from: string, name = from, type = 'string'): object {
  const value = member(frame, from);
  return typeof value === type ? { [name]: value } : {};
}
