'use client';

import { useCallback, useEffect, useState } from 'react';

import type { Status } from '../types.js';
import { useClient } from './client.js';
import type { NotificationClient } from './client.js';
import { useStrings } from './strings.js';
import type { Strings } from './strings.js';
import { useClientStatus } from './use-client-status.js';

/** Whose status it is, and in which words. */
export interface ConnectionStatusOptions {
  /** Default: the provider's. */
  readonly client?: NotificationClient | undefined;
  readonly strings?: Partial<Strings> | undefined;
}

/** What a person should know of the connection. */
export interface ConnectionStatusView {
  readonly status: Status;
  /** The state in a word. */
  readonly label: string;
  /** Whole seconds until the next attempt; `null` where none is planned. */
  readonly retryIn: number | null;
  /** Why it is not connected, in a sentence. */
  readonly reason: string | undefined;
  /** Whether `reconnect` makes sense. */
  readonly canReconnect: boolean;
  reconnect(): void;
}

/** Whether the page is live, without any look. */
export function useConnectionStatus({ client: given, strings: own }: ConnectionStatusOptions = {}): ConnectionStatusView {
  const client = useClient(given);
  const strings = useStrings(own);
  const status = useClientStatus(client);
  const retryIn = useCountdown(status.retryAt);
  return {
    status,
    label: strings[status.transport === 'polling' ? 'polling' : status.state],
    retryIn,
    reason: status.state === 'connected' ? undefined : status.reason?.message,
    canReconnect: status.state === 'closed' || status.state === 'disconnected' || (status.state === 'connecting' && retryIn !== null),
    reconnect: useCallback(() => client.connect(), [client]),
  };
}

/** Whole seconds until then, `null` where nothing is planned. */
function useCountdown(until: number | null): number | null {
  // The time is read as it is rendered: one that was kept would be old when the next countdown begins.
  const [, setNow] = useState(0);
  useEffect(() => {
    if (until === null) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? null : Math.max(0, Math.ceil((until - Date.now()) / 1_000));
}
