'use client';

import { useCallback, useSyncExternalStore } from 'react';

import type { Status } from '../types.js';
import type { ListenedClient } from './client.js';

const LOADING: Status = { state: 'loading', transport: null, attempt: 0, retryAt: null, reason: null };

/** The client's status; `loading` on a server and while hydrating. */
export function useClientStatus(client: ListenedClient): Status {
  const subscribe = useCallback((changed: () => void) => client.onStatus(changed), [client]);
  return useSyncExternalStore(subscribe, () => client.status, () => LOADING);
}
