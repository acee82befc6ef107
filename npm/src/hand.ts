import type { Delivery, Listener } from './types.js';

/** Calls what the listener has for a delivery. What nobody listens to and somebody should know is said. */
export function hand(listener: Listener, delivery: Delivery, say: (text: string, value: unknown) => void): void {
  switch (delivery.kind) {
    case 'event': return listener.onEvent?.(delivery.event);
    case 'deleted': return listener.onDeleted?.(delivery.deleted);
    case 'reset': return listener.onReset?.();
    case 'live': return listener.onLive?.();
    case 'gap': return listener.onGap ? listener.onGap(delivery.gap) : say('events were lost; give onGap to act on it', delivery.gap);
    case 'failed': return listener.onFailed ? listener.onFailed(delivery.error) : say('the topic is refused', delivery.error.message);
  }
}
