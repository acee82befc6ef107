import type { Describe } from 'steadfast/ui';

import { record, text } from '../feed/payload';
import { kindText } from './threat-book';

/** What people are notified of. Of the past only what still asks for somebody: the rest is in the lists. */
export const describeHospital: Describe = (event) => {
  if (event.replay && !event.requiresAcknowledgment) return null;
  const payload = record(event.payload);
  const kind = kindText(text(payload?.threat_type) ?? 'threat');
  const id = text(payload?.threat_id) ?? '';
  switch (event.type) {
    case 'threat.detected': return { title: kind, text: text(payload?.description) ?? id };
    case 'threat.updated': return { title: `${kind}: ${text(payload?.status) ?? 'changed'}`, text: id };
    case 'threat.resolved': return { title: `${kind}: resolved`, text: id };
    case 'system.alert': return { title: kindText(text(payload?.component) ?? 'System'), text: text(payload?.message) ?? '' };
    default: return null;
  }
};
