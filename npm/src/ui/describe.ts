import type { SteadfastEvent } from '../types.js';
import { member } from './open.js';

/** What a notification says. */
export interface Description {
  readonly title: string;
  readonly text?: string;
}

/** Says what an event means; `null`: it is no notification. */
export type Describe = (event: SteadfastEvent) => Description | null;

/** The descriptions of both seed systems' events; of others, the type and the `title`, `message` or `description` of the payload. */
export const describeEvent: Describe = (event) => {
  const payload = event.payload;
  switch (event.type) {
    case 'kpi_update':
      return member(member(payload, 'kpi_data'), 'threshold_breach')
        ? { title: `Threshold breach at ${text(payload, 'site_id') ?? 'a site'}` } : null;
    case 'site_status':
      return { title: `${text(payload, 'site_id') ?? 'Site'}: ${text(payload, 'status') ?? 'changed'}` };
    case 'threat.detected': case 'threat.updated': case 'threat.resolved':
      return from(payload, `${text(payload, 'threat_type') ?? 'Threat'} ${event.type.slice('threat.'.length)}`);
    case 'system.alert':
      return from(payload, text(payload, 'component') ?? 'System alert');
    case 'system.health': case 'user_action':
      return null;
    default:
      if (/^(encounter|transcription)\./.test(event.type)) return null;
      return from(member(payload, 'incident') ?? payload, event.type);
  }
};

/** Worse first: which of the looks and sounds a priority has. */
export function severity(priority: string | undefined): 'critical' | 'high' | 'medium' | 'info' {
  switch (priority) {
    case 'critical': return 'critical';
    case 'high': case 'error': return 'high';
    case 'medium': case 'warning': return 'medium';
    default: return 'info';
  }
}

function from(source: unknown, fallback: string): Description {
  const title = text(source, 'title') ?? fallback;
  const body = text(source, 'message') ?? text(source, 'description');
  return body === undefined ? { title } : { title, text: body };
}

function text(source: unknown, name: string): string | undefined {
  const value = member(source, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
