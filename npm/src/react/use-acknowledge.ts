'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import type { AcknowledgeResult, SteadfastError } from '../types.js';
import { useSteadfast } from './provider.js';

/** Acknowledging, and how far it is. */
export interface Acknowledging {
  /** Acknowledges events as a person; rejects, and sets `error`, where the server does not confirm it. */
  acknowledge(ids: string | readonly string[], note?: string): Promise<AcknowledgeResult>;
  /** The ids that are not confirmed yet. */
  readonly pending: ReadonlySet<string>;
  /** Why the last one failed, until the next. */
  readonly error: SteadfastError | null;
}

/** Acknowledges events, and tells which are not confirmed yet. */
export function useAcknowledge(): Acknowledging {
  const client = useSteadfast();
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<SteadfastError | null>(null);
  const mounted = useRef(false);
  useEffect(() => {
    mounted.current = true;
    return () => void (mounted.current = false);
  }, []);
  const acknowledge = useCallback(async (ids: string | readonly string[], note?: string) => {
    const all = [ids].flat();
    setError(null);
    setPending((before) => new Set([...before, ...all]));
    try {
      return await client.acknowledge(all, note);
    } catch (failure) {
      if (mounted.current) setError(failure as SteadfastError);
      throw failure;
    } finally {
      if (mounted.current) setPending((before) => new Set([...before].filter((id) => !all.includes(id))));
    }
  }, [client]);
  return { acknowledge, pending, error };
}
