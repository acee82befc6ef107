import type { Asks } from '../feed/asks';
import type { AskBook } from '../feed/use-asks';
import { Acknowledge } from '../parts/acknowledge';
import { Age } from '../parts/age';
import { clock, decimal } from '../parts/format';
import { Severity } from '../parts/severity';
import { kindText, STAGES } from './threat-book';
import type { ThreatRecord } from './threat-book';

/** One threat: how grave, how sure, from where, how far it is, and whether somebody has it. */
export function ThreatRow({ threat, asks, askBook }: { threat: ThreatRecord; asks: Asks; askBook: AskBook }) {
  const { id, kind, description, severity, confidence, sourceIp, affectedHosts, stage, times } = threat;
  const title = kindText(kind);
  const hosts = affectedHosts === null ? null : `${affectedHosts} ${affectedHosts === 1 ? 'host' : 'hosts'} affected`;
  return (
    <li className="row threat" data-severity={severity ?? 'unrated'} data-resolved={stage === 'resolved' || undefined}
      data-testid="threat-row" data-threat={id}>
      <Severity severity={severity} />
      <div className="row-text">
        <p className="row-title">{title} <span className="row-id">{id}</span></p>
        <p className="row-more">{description ?? 'Detected before this page came; only what followed is known.'}</p>
        <p className="row-facts">
          {sourceIp !== null && <span>from <code>{sourceIp}</code></span>}
          {confidence !== null && <span>{decimal(confidence, 1)} % sure</span>}
          {hosts !== null && <span>{hosts}</span>}
        </p>
        <ol className="stages" aria-label="Stages">
          {STAGES.map((name, index) => {
            const isReached = index <= STAGES.indexOf(stage);
            return (
              <li key={name} data-reached={isReached || undefined} aria-current={name === stage ? 'step' : undefined}>
                <span>{name}{!isReached && <span className="hidden"> not yet</span>}</span> <span className="age">{isReached ? clock(times[name] ?? null) : ''}</span>
              </li>
            );
          })}
        </ol>
      </div>
      <div className="row-side">
        {stage === 'resolved' ? <span className="age">resolved {clock(times.resolved ?? null)}</span> : <Age from={times.detected ?? null} />}
        <Acknowledge asks={asks} book={askBook} ids={threat.asks} about={`${id}, ${title}`} testId="threat-ack" />
      </div>
    </li>
  );
}
