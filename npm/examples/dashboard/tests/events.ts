import type { SteadfastEvent } from 'steadfast';

let offset = 0;

/** An event as the client delivers it, a second after the one before it. */
export function event(topic: string, type: string, payload: unknown, more: Partial<SteadfastEvent> = {}): SteadfastEvent {
  offset += 1;
  return {
    topic, type, payload, id: `event-${offset}`, offset, timestamp: new Date(1_700_000_000_000 + offset * 1_000).toISOString(),
    requiresAcknowledgment: false, replay: false, ...more,
  };
}

/** All orders of a few things. */
export function orders<Thing>(things: readonly Thing[]): readonly (readonly Thing[])[] {
  if (things.length < 2) return [things];
  return things.flatMap((first, index) => orders(things.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}
