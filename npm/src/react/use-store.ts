'use client';

import { useSyncExternalStore } from 'react';

import type { Store } from './store.js';

/** What the store says now; `nothing` on a server, while hydrating, and where there is no store. */
export function useStore<Snapshot>(store: Store<Snapshot> | null, nothing: Snapshot): Snapshot {
  const first = () => nothing;
  return useSyncExternalStore(store?.subscribe ?? none, store?.snapshot ?? first, first);
}

function none(): () => void {
  return () => undefined;
}
