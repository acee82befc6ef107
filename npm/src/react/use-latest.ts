'use client';

import { useCallback, useMemo, useSyncExternalStore } from 'react';

import type { EventMap, SteadfastEvent } from '../types.js';
import { useSteadfast } from './provider.js';
import { NO_VALUES, ValuesStore } from './values-store.js';
import type { Values } from './values-store.js';

/** The last value of each key of a state topic. */
export function useLatest<Map extends EventMap = Record<string, unknown>>(topic: string | null): Values<SteadfastEvent<Map>>;
/** The last value of one key, which alone is asked for; `undefined` while there is none. */
export function useLatest<Map extends EventMap = Record<string, unknown>>(
  topic: string | null, key: string,
): SteadfastEvent<Map> | undefined;
export function useLatest(topic: string | null, key?: string): Values | SteadfastEvent | undefined {
  const client = useSteadfast();
  const store = useMemo(
    () => (topic === null ? null : new ValuesStore(client, topic, key === undefined ? {} : { keys: [key] })),
    [client, topic, key],
  );
  const none = useCallback(() => () => undefined, []);
  const nothing = () => NO_VALUES;
  const values = useSyncExternalStore(store?.subscribe ?? none, store?.snapshot ?? nothing, nothing);
  return key === undefined ? values : values.get(key);
}
