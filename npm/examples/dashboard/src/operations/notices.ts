import type { SteadfastEvent } from 'steadfast';

import { record, text } from '../feed/payload';

/** A message to everybody in the centre. */
export interface Notice {
  readonly id: string;
  readonly title: string;
  readonly message: string;
  readonly priority: string | null;
  readonly at: string | null;
}

/** Notices kept. */
export const MOST_NOTICES = 20;

/** Nothing was told yet. */
export const NO_NOTICES: readonly Notice[] = [];

/** The notices after an event, the newest first. The same event again changes nothing. */
export function reduceNotices(notices: readonly Notice[], event: SteadfastEvent): readonly Notice[] {
  const payload = record(event.payload);
  const title = text(payload?.title);
  if (event.type !== 'system_notification' || title === null || event.id === undefined) return notices;
  if (notices.some(({ id }) => id === event.id)) return notices;
  const notice = {
    id: event.id, title, message: text(payload?.message) ?? '', priority: event.priority ?? null, at: event.timestamp ?? null,
  };
  return [notice, ...notices].slice(0, MOST_NOTICES);
}
