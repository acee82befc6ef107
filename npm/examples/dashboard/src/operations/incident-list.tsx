import { memo } from 'react';

import { askOf } from '../feed/asks';
import type { Asks } from '../feed/asks';
import type { AskBook } from '../feed/use-asks';
import type { HoleBook } from '../feed/use-feed';
import { Card } from '../parts/card';
import { count } from '../parts/format';
import { Empty } from '../parts/empty';
import { GapNotice } from '../parts/gap-notice';
import { openIncidents, pastIncidents } from './incident-book';
import type { IncidentBook } from './incident-book';
import { IncidentRow } from './incident-row';

interface IncidentListProps {
  readonly incidents: IncidentBook;
  readonly asks: Asks;
  readonly askBook: AskBook;
  readonly holes: HoleBook;
  onSite(id: string): void;
}

const PAST = 20;
const TOPICS = ['incidents', 'sites', 'kpis'];

/** What is open, the gravest first; below it what was. */
export const IncidentList = memo(function IncidentList({ incidents, asks, askBook, holes, onSite }: IncidentListProps) {
  const open = openIncidents(incidents);
  const past = pastIncidents(incidents, PAST);
  const left = past.filter((incident) => askOf(asks, incident.asks).open.length > 0).length;
  const row = { asks, askBook, onSite };
  return (
    <Card title="Incidents" className="incidents" aside={<span className="figure">{count(open.length)} open</span>}>
      <GapNotice book={holes} topics={TOPICS} />
      {open.length === 0 && <Empty>No incident is open.</Empty>}
      <ul className="rows" aria-label="Open incidents">
        {open.map((incident) => <IncidentRow key={incident.id} incident={incident} {...row} />)}
      </ul>
      <details className="past">
        <summary>Resolved <span className="figure">{count(past.length)}</span>{left > 0 && <span className="past-left">{count(left)} not acknowledged</span>}</summary>
        {past.length === 0 && <p className="empty">None yet.</p>}
        <ul className="rows" aria-label="Resolved incidents">
          {past.map((incident) => <IncidentRow key={incident.id} incident={incident} {...row} />)}
        </ul>
      </details>
    </Card>
  );
});
