import { askOf } from '../feed/asks';
import type { Asks } from '../feed/asks';
import { age, count, decimal } from '../parts/format';
import { Stat } from '../parts/stat';
import type { Tone } from '../parts/stat';
import { useNow } from '../parts/use-now';
import { openIncidents } from './incident-book';
import type { IncidentBook } from './incident-book';
import type { SiteBook } from './site-book';

/** The figures at the head of the operations centre. */
export function OperationsStats({ incidents, asks, sites }: { incidents: IncidentBook; asks: Asks; sites: SiteBook }) {
  const now = useNow();
  const open = openIncidents(incidents);
  const oldest = open.map(({ openedAt }) => openedAt).filter((at) => at !== null).sort()[0] ?? null;
  const waiting = [...incidents.values()].filter((incident) => askOf(asks, incident.asks).open.length > 0);
  const resolved = waiting.filter(({ resolvedAt }) => resolvedAt !== null).length;
  const escalated = open.filter(({ escalations }) => escalations.length > 0).length;
  const all = [...sites.sites.values()];
  const down = all.filter(({ status }) => status === 'down').length;
  const degraded = all.filter(({ status }) => status === 'degraded').length;
  const breaches = all.filter(({ history }) => history.at(-1)?.breach === true).length;
  const fleet = sites.fleet.at(-1) ?? null;
  // Measurements are the first that comes: without any, nothing is known yet.
  const isKnown = all.length > 0;
  const figure = (value: number, tone: Tone) => (isKnown ? { value: count(value), tone: value > 0 ? tone : 'good' as const } : { value: '–' });
  return (
    <dl className="stats">
      <Stat label="Open incidents" {...figure(open.length, 'warning')}
        note={oldest === null ? isKnown ? 'none is open' : 'not known yet' : `oldest ${age(oldest, now)}`} />
      <Stat label="Unacknowledged" {...figure(waiting.length, 'bad')}
        note={resolved > 0 ? `${count(resolved)} resolved since` : 'by anybody'} />
      <Stat label="Escalated" {...figure(escalated, 'warning')} note="of those open" />
      <Stat label="Sites down" {...figure(down, 'bad')} note={isKnown ? `${count(degraded)} degraded of ${count(all.length)}` : 'not known yet'} />
      <Stat label="Availability" value={decimal(fleet?.availability ?? null, 2)} unit="%" note="mean of all sites" />
      <Stat label="Throughput" value={fleet === null ? '–' : decimal(fleet.throughput / 1_000, 1)} unit="Gbit/s"
        note={!isKnown ? 'of all sites' : breaches === 0 ? 'no site over a limit' : `${count(breaches)} over a limit`} />
    </dl>
  );
}
