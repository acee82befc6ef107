'use client';

import { useEffect, useMemo, useSyncExternalStore } from 'react';

import type { SteadfastEvent, SubscribeOptions } from '../types.js';
import { useClient } from './client.js';
import type { NotificationClient } from './client.js';
import { describeEvent } from './describe.js';
import type { Describe } from './describe.js';
import { EMPTY, NotificationStore } from './store.js';
import type { Snapshot } from './store.js';
import { useStable } from './use-stable.js';

/** What is listed, and how. Functions may be written inline. */
export interface NotificationsOptions {
  /** Default: the provider's. */
  readonly client?: NotificationClient | undefined;
  /** Log topics. Another set of them begins another list. */
  readonly topics: readonly string[];
  /** How many are kept. Default: 200; at least 1. */
  readonly limit?: number | undefined;
  /**
   * How many events before now the list begins with, as in {@link SubscribeOptions}: of a topic that the page reads already it brings
   * nothing. What is open is listed in any case. Default: 0.
   */
  readonly history?: number | undefined;
  /** Says what an event means; `null`: it is no notification. Default: {@link describeEvent}. */
  readonly describe?: Describe | undefined;
  /** Told of every event of the topics, once. */
  readonly onEvent?: ((event: SteadfastEvent) => void) | undefined;
}

/** The list, and what can be done with it. */
export interface Notifications extends Snapshot {
  markRead(key: string): void;
  markAllRead(): void;
  /** Never rejects: a failure stands at the notification, and may be tried again. */
  acknowledge(key: string, note?: string): Promise<void>;
}

/** Notifications of some topics, without any look: newest first, bounded, each once, gaps in their place. */
export function useNotifications({ client: given, topics, limit = 200, history, describe, onEvent }: NotificationsOptions): Notifications {
  const client = useClient(given);
  const accept = useStable((event: SteadfastEvent) => (describe ?? describeEvent)(event) !== null);
  const told = useStable(onEvent);
  const names = topics.join(' ');
  const store = useMemo(() => new NotificationStore(client, {
    topics: names === '' ? [] : names.split(' '),
    limit: Math.max(1, limit),
    history,
    accept: (event) => accept(event) ?? false,
    onEvent: (event) => void told(event),
  }), [client, names, limit, history, accept, told]);
  useEffect(() => store.start(), [store]);
  const snapshot = useSyncExternalStore(store.subscribe, store.snapshot, () => EMPTY);
  const { markRead, markAllRead, acknowledge } = store;
  return { ...snapshot, markRead, markAllRead, acknowledge };
}
