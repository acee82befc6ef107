'use client';

import { createContext, useContext } from 'react';

/** Every text that the components show. Replace any with the `strings` property or {@link StringsProvider}. */
export interface Strings {
  readonly connected: string;
  readonly polling: string;
  readonly connecting: string;
  readonly loading: string;
  readonly disconnected: string;
  readonly closed: string;
  readonly crashed: string;
  /** The countdown to the next attempt. */
  retryIn(seconds: number): string;
  attempts(count: number): string;
  readonly reconnect: string;
  readonly notifications: string;
  unread(count: number): string;
  readonly markAllRead: string;
  readonly markRead: string;
  readonly unreadItem: string;
  readonly empty: string;
  readonly acknowledge: string;
  readonly acknowledging: string;
  readonly acknowledged: string;
  readonly acknowledgedElsewhere: string;
  /** Others have acknowledged what still waits for this person. */
  acknowledgedBy(users: readonly string[]): string;
  acknowledgeFailed(reason: string): string;
  readonly retry: string;
  readonly dismiss: string;
  /** Events of a topic were lost; `count` is `null` where the server cannot name them. */
  gap(topic: string, count: number | null): string;
  /** A topic is refused. */
  refused(topic: string, reason: string): string;
  /** Critical notifications that nobody acknowledged and that the list has no room for. */
  pushedOut(count: number): string;
  readonly mute: string;
  readonly unmute: string;
  readonly soundBlocked: string;
  readonly soundUnavailable: string;
  /** A priority as a person reads it. */
  priority(priority: string): string;
  /** A time of day. */
  time(timestamp: string): string;
}

/** The English texts. Use the plural rules of your own language in the functions (`Intl.PluralRules`). */
export const defaultStrings: Strings = {
  connected: 'Live',
  polling: 'Live by polling',
  connecting: 'Connecting',
  loading: 'Loading',
  disconnected: 'Disconnected',
  closed: 'Stopped',
  crashed: 'Failed',
  retryIn: (seconds) => `next attempt in ${seconds} s`,
  attempts: (count) => `${count} failed attempt${count === 1 ? '' : 's'}`,
  reconnect: 'Reconnect now',
  notifications: 'Notifications',
  unread: (count) => `${count} unread`,
  markAllRead: 'Mark all as read',
  markRead: 'Mark as read',
  unreadItem: 'Unread',
  empty: 'No notifications',
  acknowledge: 'Acknowledge',
  acknowledging: 'Acknowledging…',
  acknowledged: 'Acknowledged',
  acknowledgedElsewhere: 'Acknowledged elsewhere',
  acknowledgedBy: (users) => `Acknowledged by ${users.length > 3 ? `${users.length} others` : users.join(', ')}`,
  acknowledgeFailed: (reason) => `Not acknowledged: ${reason}`,
  retry: 'Try again',
  dismiss: 'Dismiss',
  gap: (topic, count) =>
    `${count ?? 'Some'} ${count === 1 ? 'notification was' : 'notifications were'} lost in ${topic}. Look at the source for the whole picture.`,
  refused: (topic, reason) => `${topic} is not available: ${reason}`,
  pushedOut: (count) => `${count} more critical, unacknowledged, not listed for want of room`,
  mute: 'Mute sound',
  unmute: 'Unmute sound',
  soundBlocked: 'Sound is blocked: click to enable',
  soundUnavailable: 'No sound in this browser',
  priority: (priority) => priority,
  time: (timestamp) => {
    const date = new Date(timestamp);
    return Number.isNaN(Number(date)) ? timestamp : date.toLocaleTimeString();
  },
};

const Context = createContext<Partial<Strings>>({});

/** Replaces texts for all components inside it. What is not given stays as it is outside. */
export const StringsProvider = Context.Provider;

/** The texts in force: the defaults, over them the provider's, over them these. */
export function useStrings(own?: Partial<Strings>): Strings {
  return { ...defaultStrings, ...useContext(Context), ...own };
}
