import type { Gap, SteadfastError, SteadfastEvent } from '../types.js';

/** Where the acknowledgement of a notification stands. */
export type Acknowledgement =
  | { readonly state: 'none' }
  /** `by`: who has acknowledged it already, where the server has each person do so for themself. */
  | { readonly state: 'open'; readonly by?: readonly string[] }
  | { readonly state: 'pending' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'acknowledged'; readonly elsewhere: boolean };

/** An event in the list. */
export interface EventNotification {
  readonly kind: 'event';
  readonly key: string;
  readonly event: SteadfastEvent;
  readonly read: boolean;
  readonly acknowledgement: Acknowledgement;
}

/** Events that were lost, at the place in the list where they are missing. */
export interface GapNotification {
  readonly kind: 'gap';
  readonly key: string;
  readonly gap: Gap;
}

/** A topic that the server refuses. */
export interface RefusedNotification {
  readonly kind: 'refused';
  readonly key: string;
  readonly topic: string;
  readonly error: SteadfastError;
}

/** What the list holds. */
export type Notification = EventNotification | GapNotification | RefusedNotification;

/** Whether somebody still has to act on it: it stays, whatever is dismissed or read. */
export function isOpen(notification: Notification): boolean {
  return notification.kind === 'event' && ['open', 'pending', 'failed'].includes(notification.acknowledgement.state);
}

/** Whether it is critical and still open. */
export function isUrgent(notification: Notification): boolean {
  return notification.kind === 'event' && notification.event.priority === 'critical' && isOpen(notification);
}
