'use client';

import { useCallback, useSyncExternalStore } from 'react';

import type { Status } from '../types.js';
import { useSteadfast } from './provider.js';

const DISCONNECTED: Status = { state: 'disconnected', transport: null, attempt: 0, retryAt: null, reason: null };

/** The client's status; `disconnected` on a server and while hydrating. */
export function useStatus(): Status {
  const client = useSteadfast();
  const subscribe = useCallback((changed: () => void) => client.onStatus(changed), [client]);
  return useSyncExternalStore(subscribe, () => client.status, () => DISCONNECTED);
}
