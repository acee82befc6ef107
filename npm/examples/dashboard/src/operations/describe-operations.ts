import type { Describe } from 'steadfast/ui';

import { record, text } from '../feed/payload';

/** What people are notified of. Of the past only what still asks for somebody: the rest is in the lists. */
export const describeOperations: Describe = (event) => {
  if (event.replay && !event.requiresAcknowledgment) return null;
  const payload = record(event.payload);
  const incident = record(payload?.incident);
  const title = text(incident?.title) ?? text(payload?.title) ?? event.type;
  const place = [text(incident?.id), text(incident?.site_id)].filter((part) => part !== null).join(', ');
  switch (event.type) {
    case 'incident_alert': return { title, text: place };
    case 'incident_escalated': return { title: `Escalated to ${text(payload?.escalated_to) ?? 'the next level'}`, text: `${title}. ${place}` };
    case 'incident_resolved': return { title: `Resolved: ${title}`, text: place };
    default: return { title, text: text(payload?.message) ?? '' };
  }
};
