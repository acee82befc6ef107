import { memo } from 'react';

import { askOf } from '../feed/asks';
import type { Asks } from '../feed/asks';
import type { AskBook } from '../feed/use-asks';
import type { HoleBook } from '../feed/use-feed';
import { Card } from '../parts/card';
import { Empty } from '../parts/empty';
import { count } from '../parts/format';
import { GapNotice } from '../parts/gap-notice';
import { activeThreats, pastThreats } from './threat-book';
import type { ThreatBook } from './threat-book';
import { ThreatRow } from './threat-row';

interface ThreatListProps {
  readonly threats: ThreatBook;
  readonly asks: Asks;
  readonly askBook: AskBook;
  readonly holes: HoleBook;
}

const PAST = 20;
const TOPICS = ['threats'];

/** What threatens now, and what did. */
export const ThreatList = memo(function ThreatList({ threats, asks, askBook, holes }: ThreatListProps) {
  const active = activeThreats(threats);
  const past = pastThreats(threats, PAST);
  const left = past.filter((threat) => askOf(asks, threat.asks).open.length > 0).length;
  return (
    <Card title="Threats" className="threats" aside={<span className="figure">{count(active.length)} active</span>}>
      <GapNotice book={holes} topics={TOPICS} />
      {active.length === 0 && <Empty>No threat is active.</Empty>}
      <ul className="rows" aria-label="Active threats">
        {active.map((threat) => <ThreatRow key={threat.id} threat={threat} asks={asks} askBook={askBook} />)}
      </ul>
      <details className="past">
        <summary>Resolved <span className="figure">{count(past.length)}</span>{left > 0 && <span className="past-left">{count(left)} not acknowledged</span>}</summary>
        {past.length === 0 && <p className="empty">None yet.</p>}
        <ul className="rows" aria-label="Resolved threats">
          {past.map((threat) => <ThreatRow key={threat.id} threat={threat} asks={asks} askBook={askBook} />)}
        </ul>
      </details>
    </Card>
  );
});
