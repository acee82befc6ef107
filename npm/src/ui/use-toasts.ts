'use client';

import { useEffect, useState } from 'react';

import { severity } from './describe.js';
import { isUrgent } from './notification.js';
import type { EventNotification, Notification } from './notification.js';
import { useStable } from './use-stable.js';

/** How toasts come and go. */
export interface ToastsOptions {
  /** How long one stays, in milliseconds. Default: 8,000 for high, 5,000 for others. Critical ones stay until they are acknowledged or dismissed. */
  readonly duration?: number | undefined;
  /** How many are shown at once; critical ones come first. Default: 3. */
  readonly max?: number | undefined;
}

/** The toasts to show, and how to take one away. */
export interface Toasts {
  readonly toasts: readonly EventNotification[];
  /** Takes it away; the list keeps it, and what is critical keeps asking there. */
  dismiss(key: string): void;
}

/** Which of these notifications are news that a person has to be shown now. Replays are not. */
export function useToasts(items: readonly Notification[], { duration, max = 3 }: ToastsOptions = {}): Toasts {
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [timers] = useState(() => new Map<string, ReturnType<typeof setTimeout>>());
  // What the list no longer holds need not be remembered as gone.
  const dismiss = useStable((key: string) => setGone((before) =>
    new Set(items.map((item) => item.key).filter((held) => held === key || before.has(held)))));
  const toasts = items
    .filter((item): item is EventNotification => item.kind === 'event' && !gone.has(item.key)
      && (isUrgent(item) || (!item.event.replay && item.acknowledgement.state !== 'acknowledged')))
    .sort((one, other) => Number(isUrgent(other)) - Number(isUrgent(one)));

  useEffect(() => {
    for (const { key, event } of toasts) {
      const grade = severity(event.priority);
      if (timers.has(key) || grade === 'critical') continue;
      timers.set(key, setTimeout(() => {
        timers.delete(key);
        dismiss(key);
      }, duration ?? (grade === 'high' ? 8_000 : 5_000)));
    }
  });

  useEffect(() => () => {
    timers.forEach(clearTimeout);
    timers.clear();
  }, [timers]);

  return { toasts: toasts.slice(0, max), dismiss };
}
