'use client';

import { useStrings } from './strings.js';
import { useConnectionStatus } from './use-connection-status.js';
import type { ConnectionStatusOptions } from './use-connection-status.js';

/** What {@link ConnectionStatus} shows. */
export interface ConnectionStatusProps extends ConnectionStatusOptions {
  /** The state alone; the rest is its tooltip. Default: false. */
  readonly compact?: boolean;
}

/** Whether the page is live: state, countdown, the reason in a sentence, and a button to try now. */
export function ConnectionStatus({ compact, ...options }: ConnectionStatusProps) {
  const strings = useStrings(options.strings);
  const { status, label, retryIn, reason, canReconnect, reconnect } = useConnectionStatus(options);
  return (
    <div className="sf-status" data-state={status.state} data-transport={status.transport} data-compact={compact || undefined}>
      <span className="sf-status-state" role="status" title={compact ? reason : undefined}>
        <span className="sf-dot" aria-hidden="true" />
        {label}
      </span>
      {!compact && retryIn !== null && <span className="sf-muted">{strings.retryIn(retryIn)}</span>}
      {!compact && status.attempt > 0 && <span className="sf-muted">{strings.attempts(status.attempt)}</span>}
      {canReconnect && <button type="button" className="sf-button" onClick={reconnect}>{strings.reconnect}</button>}
      {!compact && reason && <span className="sf-reason">{reason}</span>}
    </div>
  );
}
