'use client';

import { useMemo } from 'react';

import type { EventMap, SteadfastEvent } from '../types.js';
import { useSteadfast } from './provider.js';
import { useStore } from './use-store.js';
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
  const values = useStore(store, NO_VALUES);
  return key === undefined ? values : values.get(key);
}
