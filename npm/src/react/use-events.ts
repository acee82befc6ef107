'use client';

import { useCallback, useMemo } from 'react';

import type { EventMap, SteadfastEvent, SubscribeOptions } from '../types.js';
import { EventsStore, NO_EVENTS } from './events-store.js';
import type { Events } from './events-store.js';
import { useSteadfast } from './provider.js';
import { useSame } from './use-same.js';
import { useStore } from './use-store.js';

/** How events are kept, and from where on. */
export interface UseEventsOptions extends SubscribeOptions {
  /** How many are kept, the newest. Default: 100. At least 1. */
  limit?: number;
  /**
   * Log topics: begin this many events before now. Default: 0. A component that mounts while another reads the topic (also
   * `RealTimeNotifications`) gets what comes next alone: only a topic's first subscription is asked.
   */
  history?: number;
}

/**
 * The newest events of a topic, in order; `null` listens to none. A burst is whole up to the limit and costs one render
 * for what comes in one microtask. `clear` forgets events and gaps.
 */
export function useEvents<Map extends EventMap = Record<string, unknown>>(
  topic: string | null, { limit = 100, ...options }: UseEventsOptions = {},
): Events<SteadfastEvent<Map>> & { clear(): void } {
  const client = useSteadfast();
  const same = useSame(options);
  const store = useMemo(
    () => (topic === null ? null : new EventsStore(client, topic, Math.max(1, limit), same)),
    [client, topic, limit, same],
  );
  const known = useStore(store, NO_EVENTS as Events);
  const clear = useCallback(() => store?.clear(), [store]);
  return useMemo(() => ({ ...(known as unknown as Events<SteadfastEvent<Map>>), clear }), [known, clear]);
}
