'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import { severity } from './describe.js';
import { isUrgent } from './notification.js';
import type { EventNotification, Notification } from './notification.js';

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
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const dismiss = useCallback((key: string) => setGone((before) => new Set(before).add(key)), []);
  const candidates = items.filter((item): item is EventNotification =>
    item.kind === 'event' && !gone.has(item.key) && (isUrgent(item) || (!item.event.replay && item.acknowledgement.state !== 'acknowledged')));
  const toasts = [...candidates.filter(isUrgent), ...candidates.filter((item) => !isUrgent(item))].slice(0, max);
  const wanted = candidates.filter((item) => !isUrgent(item)).map((item) => `${item.key} ${severity(item.event.priority)}`).join('\n');

  useEffect(() => {
    const running = timers.current;
    for (const line of wanted === '' ? [] : wanted.split('\n')) {
      const at = line.lastIndexOf(' ');
      const key = line.slice(0, at);
      const grade = line.slice(at + 1);
      if (running.has(key) || grade === 'critical') continue;
      running.set(key, setTimeout(() => {
        running.delete(key);
        dismiss(key);
      }, duration ?? (grade === 'high' ? 8_000 : 5_000)));
    }
  }, [wanted, duration, dismiss]);

  useEffect(() => {
    // What the list no longer holds need not be remembered as gone.
    const held = new Set(items.map((item) => item.key));
    setGone((before) => ([...before].every((key) => held.has(key)) ? before : new Set([...before].filter((key) => held.has(key)))));
  }, [items]);

  useEffect(() => {
    const running = timers.current;
    return () => {
      running.forEach(clearTimeout);
      running.clear();
    };
  }, []);

  return { toasts, dismiss };
}
