'use client';

import { useEffect, useSyncExternalStore } from 'react';

import type { Client } from '../types.js';
import type { Holder } from './holder.js';

/** Uses the holder's client for as long as the component is there; `null` where there is no holder. */
export function useHolder<Held extends Holder | null>(holder: Held): Held extends Holder ? Client : Client | null {
  const client = useSyncExternalStore(holder?.subscribe ?? none, holder?.client ?? nothing, holder?.client ?? nothing);
  useEffect(() => holder?.retain(), [holder]);
  return client as Held extends Holder ? Client : Client | null;
}

function none(): () => void {
  return () => undefined;
}

function nothing(): null {
  return null;
}
