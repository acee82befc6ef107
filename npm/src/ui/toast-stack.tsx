'use client';

import { severity } from './describe.js';
import type { EventNotification } from './notification.js';
import { AcknowledgeButton, EventText } from './notification-item.js';
import type { ItemProps } from './notification-item.js';

/** What the stack shows. */
export interface ToastStackProps extends Omit<ItemProps, 'item' | 'onRead'> {
  readonly toasts: readonly EventNotification[];
  onDismiss(key: string): void;
}

/** Toasts in two live regions, so that only what is critical interrupts a screen reader. */
export function ToastStack({ toasts, ...rest }: ToastStackProps) {
  return (
    <div className="sf-toasts">
      <div role="alert">{toasts.filter(isCritical).map((item) => <Toast key={item.key} item={item} {...rest} />)}</div>
      <div role="status">{toasts.filter((item) => !isCritical(item)).map((item) => <Toast key={item.key} item={item} {...rest} />)}</div>
    </div>
  );
}

function Toast({ item, strings, describe, onAcknowledge, onDismiss }: Omit<ToastStackProps, 'toasts'> & { item: EventNotification }) {
  return (
    <div className="sf-toast" data-severity={severity(item.event.priority)}>
      {item.event.priority !== undefined && <span className="sf-priority">{strings.priority(item.event.priority)}</span>}
      <EventText item={item} describe={describe} />
      <div className="sf-item-actions">
        <AcknowledgeButton item={item} strings={strings} onAcknowledge={onAcknowledge} />
        <button type="button" className="sf-link" onClick={() => onDismiss(item.key)}>{strings.dismiss}</button>
      </div>
    </div>
  );
}

function isCritical(item: EventNotification): boolean {
  return severity(item.event.priority) === 'critical';
}
