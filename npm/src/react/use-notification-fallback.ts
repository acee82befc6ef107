'use client';

import { useEffect, useState } from 'react';

import { flat } from './flat.js';
import type { FlatMessage } from './flat.js';
import { useSteadfast } from './provider.js';
import { useSame } from './use-same.js';
import { useStatus } from './use-status.js';

/** What ADR-010's second hook gives. */
export interface NotificationFallback {
  /** Polling carries the client now. It began, and will end, by itself. */
  readonly shouldPoll: boolean;
  /** What came while polling, the newest last; `null` while it does not poll. */
  readonly polledNotifications: readonly FlatMessage[] | null;
}

/**
 * The fallback hook of ADR-010. The client polls by itself, so this one only tells of it: `isConnected` is taken for the
 * seed's sake and changes nothing.
 */
export function useNotificationFallback(
  _isConnected?: boolean,
  { topics = ['incidents', 'system_notifications'], limit = 10 }: { topics?: readonly string[]; limit?: number } = {},
): NotificationFallback {
  const client = useSteadfast();
  const shouldPoll = useStatus().transport === 'polling';
  const same = useSame(topics);
  const [polled, setPolled] = useState<readonly FlatMessage[]>([]);
  useEffect(() => {
    const onEvent = (event: Parameters<typeof flat>[0]) => {
      if (client.status.transport === 'polling') setPolled((before) => [...before, flat(event)].slice(-limit));
    };
    const ends = same.map((topic) => client.subscribe(topic, { onEvent }));
    return () => ends.forEach((end) => end());
  }, [client, same, limit]);
  useEffect(() => {
    if (!shouldPoll) setPolled([]);
  }, [shouldPoll]);
  return { shouldPoll, polledNotifications: shouldPoll ? polled : null };
}
