'use client';

import { useEffect, useState } from 'react';

import { useClient } from './client.js';
import type { NotificationClient } from './client.js';
import { statusText, useStrings } from './strings.js';
import type { Strings } from './strings.js';
import { useClientStatus } from './use-client-status.js';

/** What {@link ConnectionStatus} shows. */
export interface ConnectionStatusProps {
  /** Default: the provider's. */
  readonly client?: NotificationClient | undefined;
  /** The state alone; the rest is its tooltip. Default: false. */
  readonly compact?: boolean;
  readonly strings?: Partial<Strings>;
}

/** Whether the page is live: state, countdown, the reason in a sentence, and a button to try now. */
export function ConnectionStatus({ client: given, compact = false, strings: own }: ConnectionStatusProps) {
  const client = useClient(given);
  const strings = useStrings(own);
  const status = useClientStatus(client);
  const seconds = useCountdown(status.retryAt);
  const label = statusText(status, strings);
  const waits = status.state === 'closed' || status.state === 'disconnected' || (status.state === 'connecting' && seconds !== null);
  const reason = status.state === 'connected' ? undefined : status.reason?.message;
  return (
    <div className="sf-status" data-state={status.state} data-transport={status.transport ?? undefined} data-compact={compact || undefined}>
      <span className="sf-status-state" role="status" title={compact ? reason : undefined}>
        <span className="sf-dot" aria-hidden="true" />
        {label}
      </span>
      {!compact && seconds !== null && <span className="sf-muted">{strings.retryIn(seconds)}</span>}
      {!compact && status.attempt > 0 && <span className="sf-muted">{strings.attempts(status.attempt)}</span>}
      {waits && <button type="button" className="sf-button" onClick={() => client.connect()}>{strings.reconnect}</button>}
      {!compact && reason !== undefined && <span className="sf-reason">{reason}</span>}
    </div>
  );
}

/** Whole seconds until then, `null` where nothing is planned. */
function useCountdown(until: number | null): number | null {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    if (until === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return until === null || now === null ? null : Math.max(0, Math.ceil((until - now) / 1_000));
}
