'use client';

import type { Describe } from './describe.js';
import { severity } from './describe.js';
import { isOpen } from './notification.js';
import type { EventNotification, Notification } from './notification.js';
import type { Strings } from './strings.js';

/** What one row needs. */
export interface ItemProps<Kind extends Notification = Notification> {
  readonly item: Kind;
  readonly strings: Strings;
  readonly describe: Describe;
  onAcknowledge(key: string): void;
  onRead(key: string): void;
}

/** One row of the list. */
export function NotificationItem({ item, ...rest }: ItemProps) {
  const { strings } = rest;
  switch (item.kind) {
    case 'gap': {
      const lost = item.gap.lost;
      return <div className="sf-item sf-notice">{strings.gap(item.gap.topic, lost ? lost[1] - lost[0] + 1 : null)}</div>;
    }
    case 'refused':
      return <div className="sf-item sf-notice">{strings.refused(item.topic, item.error.message)}</div>;
    case 'event':
      return <EventItem item={item} {...rest} />;
  }
}

function EventItem({ item, strings, describe, onAcknowledge, onRead }: ItemProps<EventNotification>) {
  const { event, read } = item;
  return (
    <div className="sf-item" data-severity={severity(event.priority)} data-read={read || undefined}>
      <div className="sf-item-head">
        {!read && <span className="sf-unread-mark" role="img" aria-label={strings.unreadItem} />}
        {event.priority !== undefined && <span className="sf-priority">{strings.priority(event.priority)}</span>}
        <EventText item={item} describe={describe} />
        {event.timestamp !== undefined && <time className="sf-muted" dateTime={event.timestamp}>{strings.time(event.timestamp)}</time>}
      </div>
      <div className="sf-item-actions">
        <AcknowledgeButton item={item} strings={strings} onAcknowledge={onAcknowledge} />
        {!read && <button type="button" className="sf-link" onClick={() => onRead(item.key)}>{strings.markRead}</button>}
      </div>
    </div>
  );
}

/** Title and text of an event. */
export function EventText({ item, describe }: Pick<ItemProps<EventNotification>, 'item' | 'describe'>) {
  const description = describe(item.event);
  return (
    <span className="sf-text">
      <strong>{description?.title ?? item.event.type}</strong>
      {description?.text !== undefined && <span>{description.text}</span>}
    </span>
  );
}

/** The button, or what became of it. */
export function AcknowledgeButton({ item, strings, onAcknowledge }: Omit<ItemProps<EventNotification>, 'describe' | 'onRead'>) {
  const now = item.acknowledgement;
  if (now.state === 'acknowledged') return <span className="sf-done">{now.elsewhere ? strings.acknowledgedElsewhere : strings.acknowledged}</span>;
  if (!isOpen(item)) return null;
  // Not `disabled` while pending: the focus would be lost.
  return (
    <>
      {now.state === 'open' && !!now.by?.length && <span className="sf-reason">{strings.acknowledgedBy(now.by)}</span>}
      {now.state === 'failed' && <span className="sf-error" role="alert">{strings.acknowledgeFailed(now.reason)}</span>}
      <button type="button" className="sf-button sf-primary" aria-disabled={now.state === 'pending'} onClick={() => onAcknowledge(item.key)}>
        {now.state === 'pending' ? strings.acknowledging : now.state === 'failed' ? strings.retry : strings.acknowledge}
      </button>
    </>
  );
}
