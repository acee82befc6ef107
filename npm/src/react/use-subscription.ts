'use client';

import { useEffect, useRef } from 'react';

import type { EventMap, Listener, SteadfastEvent, SubscribeOptions } from '../types.js';
import { useSteadfast } from './provider.js';
import { useSame } from './use-same.js';

/**
 * Calls the newest handler given for each event of a topic (or the parts of a listener for all that happens to it);
 * `null` listens to none. An inline handler subscribes to nothing anew.
 */
export function useSubscription<Map extends EventMap = Record<string, unknown>>(
  topic: string | null, handler: Listener<Map> | ((event: SteadfastEvent<Map>) => void), options: SubscribeOptions = {},
): void {
  const client = useSteadfast<Map>();
  const same = useSame(options);
  const latest = useRef(handler);
  useEffect(() => void (latest.current = handler));
  // Gaps and refusals that nobody listens to are the client's to log.
  const told = typeof handler === 'function' ? '' : Object.keys(handler).sort().join();
  useEffect(() => {
    if (topic === null) return undefined;
    const listener = (): Listener<Map> => (typeof latest.current === 'function' ? { onEvent: latest.current } : latest.current);
    const hears = (name: keyof Listener) => told.split(',').includes(name);
    return client.subscribe(topic, {
      onEvent: (event) => listener().onEvent?.(event),
      onDeleted: (deleted) => listener().onDeleted?.(deleted),
      onReset: () => listener().onReset?.(),
      onLive: () => listener().onLive?.(),
      ...(hears('onGap') && { onGap: (gap) => listener().onGap?.(gap) }),
      ...(hears('onFailed') && { onFailed: (error) => listener().onFailed?.(error) }),
    }, same);
  }, [client, topic, told, same]);
}
