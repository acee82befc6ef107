import type { HoleBook } from '../feed/use-feed';
import { Card } from '../parts/card';
import { Empty } from '../parts/empty';
import { clock, count } from '../parts/format';
import { GapNotice } from '../parts/gap-notice';
import { pastEncounters, runningEncounters } from './encounter-book';
import type { EncounterBook } from './encounter-book';
import { EncounterCard } from './encounter-card';

const PAST = 12;
const TOPICS = ['encounters', 'transcription'];

/** The encounters under way with their notes as they are dictated, and the last ones. */
export function EncounterList({ encounters, holes }: { encounters: EncounterBook; holes: HoleBook }) {
  const running = runningEncounters(encounters);
  const past = pastEncounters(encounters, PAST);
  return (
    <Card title="Encounters" className="encounters" aside={<span className="figure">{count(running.length)} in progress</span>}>
      <GapNotice book={holes} topics={TOPICS} />
      {running.length === 0 && <Empty>Nobody is dictating now.</Empty>}
      <div className="dictations">
        {running.map((encounter) => <EncounterCard key={encounter.id} encounter={encounter} />)}
      </div>
      <details className="past">
        <summary>Completed <span className="figure">{count(past.length)}</span></summary>
        {past.length === 0 && <p className="empty">None yet.</p>}
        <ul className="rows">
          {past.map(({ id, department, completedAt, note }) => (
            <li key={id} className="row completed">
              <div className="row-text">
                <p className="row-title">{department ?? 'Unknown department'} <span className="row-id">{id}</span></p>
                <p className="row-more">{note ?? 'Its note did not come.'}</p>
              </div>
              <div className="row-side"><span className="age">{clock(completedAt)}</span></div>
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}
