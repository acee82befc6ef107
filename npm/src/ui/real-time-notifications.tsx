'use client';

import { useId } from 'react';
import type { ReactNode } from 'react';

import { describeEvent } from './describe.js';
import type { Notification } from './notification.js';
import { NotificationItem } from './notification-item.js';
import { member } from './open.js';
import { SoundControl } from './sound-control.js';
import { useStrings } from './strings.js';
import type { Strings } from './strings.js';
import { ToastStack } from './toast-stack.js';
import { useAlertSound } from './use-alert-sound.js';
import type { AlertSoundOptions } from './use-alert-sound.js';
import { useNotifications } from './use-notifications.js';
import type { NotificationsOptions } from './use-notifications.js';
import { useToasts } from './use-toasts.js';
import type { ToastsOptions } from './use-toasts.js';

/** What {@link RealTimeNotifications} shows and tells. */
export interface RealTimeNotificationsProps extends Omit<NotificationsOptions, 'topics'> {
  /** Default: `incidents` and `system_notifications`. State topics such as `kpis` are read by `onKPIUpdate` all the same where named. */
  readonly topics?: readonly string[];
  /** Told the incident of every `incident_alert`. */
  readonly onIncidentAlert?: (incident: unknown) => void;
  /** Told the data of every `kpi_update`. */
  readonly onKPIUpdate?: (kpiData: unknown) => void;
  /** Another row; `fallback` is the ordinary one. */
  readonly renderItem?: (item: Notification, fallback: ReactNode) => ReactNode;
  readonly toasts?: ToastsOptions;
  readonly sound?: AlertSoundOptions;
  readonly strings?: Partial<Strings>;
}

const TOPICS = ['incidents', 'system_notifications'];

/** The list of notifications with its badge, toasts and sound. Needs `steadfast/ui/styles.css`, or styles of your own. */
export function RealTimeNotifications(props: RealTimeNotificationsProps) {
  const { describe = describeEvent, renderItem = (_item, row) => row, topics = TOPICS } = props;
  const strings = useStrings(props.strings);
  const heading = useId();
  const list = useNotifications({ ...props, topics, describe, onEvent: (event) => {
    props.onEvent?.(event);
    if (event.type === 'incident_alert') props.onIncidentAlert?.(member(event.payload, 'incident'));
    if (event.type === 'kpi_update') props.onKPIUpdate?.(member(event.payload, 'kpi_data'));
  } });
  const { toasts, dismiss } = useToasts(list.items, props.toasts);
  const sound = useAlertSound(list.items, props.sound);
  const shared = { strings, describe, onAcknowledge: list.acknowledge };
  return (
    <section className="sf-notifications" aria-labelledby={heading}>
      <header className="sf-header">
        <h2 id={heading}>{strings.notifications}</h2>
        {list.unread > 0 && <span className="sf-badge">{strings.unread(list.unread)}</span>}
        <span className="sf-space" />
        <SoundControl sound={sound} strings={strings} />
        <button type="button" className="sf-link" aria-disabled={list.unread === 0} onClick={list.markAllRead}>{strings.markAllRead}</button>
      </header>
      {list.pushedOut > 0 && <p className="sf-pushed-out" role="status">{strings.pushedOut(list.pushedOut)}</p>}
      {list.items.length === 0 ? <p className="sf-empty">{strings.empty}</p> : (
        <ul className="sf-list" tabIndex={0} aria-labelledby={heading}>
          {list.items.map((item) => <li key={item.key}>{renderItem(item, <NotificationItem item={item} {...shared} onRead={list.markRead} />)}</li>)}
        </ul>
      )}
      <ToastStack toasts={toasts} {...shared} onDismiss={dismiss} />
    </section>
  );
}
