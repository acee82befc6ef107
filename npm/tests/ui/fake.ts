import type { Deleted, Listener, Status, SteadfastEvent, SubscribeOptions, Subscription } from '../../src/types.js';
import type { NotificationClient } from '../../src/ui/index.js';

export const connected: Status = { state: 'connected', transport: 'websocket', attempt: 0, retryAt: null, reason: null };

/** A client whose server is the test. */
export class FakeClient implements NotificationClient {
  status: Status = connected;
  connects = 0;
  acknowledged: string[] = [];
  /** What each topic was asked for, last. */
  options = new Map<string, SubscribeOptions>();
  answer: () => Promise<{ unknown: string[] }> = () => Promise.resolve({ unknown: [] });
  #listeners = new Map<string, Set<Listener>>();
  #status = new Set<(status: Status) => void>();
  #offset = 0;

  connect() { this.connects += 1; }

  onStatus(listener: (status: Status) => void) {
    this.#status.add(listener);
    return () => void this.#status.delete(listener);
  }

  subscribe(topic: string, listener: Listener, options: SubscribeOptions = {}): Subscription {
    this.options.set(topic, options);
    const all = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, all.add(listener));
    return Object.assign(() => void all.delete(listener), { topic, cursor: () => null, isLive: () => true });
  }

  acknowledge(ids: string | readonly string[]) {
    this.acknowledged.push(...[ids].flat());
    return this.answer();
  }

  set(status: Partial<Status>) {
    this.status = { ...this.status, ...status };
    this.#status.forEach((listener) => listener(this.status));
  }

  listeners(topic: string) { return [...(this.#listeners.get(topic) ?? [])]; }

  event(type: string, payload: unknown, more: Partial<SteadfastEvent> = {}) {
    this.#offset += 1;
    const event = { type, payload, topic: 'incidents', id: `e${this.#offset}`, offset: this.#offset, requiresAcknowledgment: false, replay: false, ...more };
    this.listeners(event.topic).forEach((listener) => listener.onEvent?.(event as SteadfastEvent));
    return event;
  }

  incident(title: string, more: Partial<SteadfastEvent> = {}) {
    return this.event('incident_alert', { incident: { title, description: `About ${title}` } }, { priority: 'critical', requiresAcknowledgment: true, ...more });
  }

  settled(id: string) {
    const deleted: Deleted = { topic: 'open:incidents', key: id, type: 'incident_alert', replay: false };
    this.listeners('open:incidents').forEach((listener) => listener.onDeleted?.(deleted));
  }
}
