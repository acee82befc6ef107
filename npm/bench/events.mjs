// The events that are measured with: what an operations centre sees most of, incidents and measurements in turn.

/** The one topic that there is. */
export const TOPIC = 'figures';

/** What is added to an event's number, so that it is as long whatever it is. */
const BASE = 10_000_000;

/** The number of the event with this payload. */
export function numberOf({ sequence }) {
  return sequence - BASE;
}

/** An event, as any wire format has to carry it. */
export function eventOf(number) {
  const sequence = BASE + number;
  const site = `site-${number % 40 + 10}`;
  const timestamp = '2026-01-02T03:04:05.678Z';
  if (number % 2) {
    const incident = { id: `INC-${sequence}`, title: 'Mains failure', severity: 'critical', site_id: site, status: 'open', technology: '5G', cells_down: 12 };
    return { type: 'incident_alert', payload: { sequence, incident }, timestamp };
  }
  const kpi_data = { name: 'availability', value: number % 90 + 10.25, target: 99.95, unit: 'percent', trend: 'down', breach: true };
  return { type: 'kpi_update', payload: { sequence, site_id: site, kpi_data }, timestamp };
}
