import { memo } from 'react';

import type { Asks } from '../feed/asks';
import type { AskBook } from '../feed/use-asks';
import { Acknowledge } from '../parts/acknowledge';
import { Age } from '../parts/age';
import { clock } from '../parts/format';
import { Icon } from '../parts/icon';
import { Severity } from '../parts/severity';
import type { IncidentRecord } from './incident-book';

interface IncidentRowProps {
  readonly incident: IncidentRecord;
  readonly asks: Asks;
  readonly askBook: AskBook;
  onSite(id: string): void;
}

/** One incident: how grave, since when, where, to whom it went up, and whether somebody has it. */
export const IncidentRow = memo(function IncidentRow({ incident, asks, askBook, onSite }: IncidentRowProps) {
  const { id, title, description, severity, site, region, openedAt, resolvedAt, escalations } = incident;
  return (
    <li className="row incident" data-severity={severity ?? 'unrated'} data-resolved={resolvedAt !== null || undefined}
      data-testid="incident-row" data-incident={id}>
      <Severity severity={severity} />
      <div className="row-text">
        <p className="row-title">{title} <span className="row-id">{id === title ? '' : id}</span></p>
        <p className="row-more">
          {site !== null && <><button type="button" className="link" onClick={() => onSite(site)}>{site}</button>{region !== null && ` ${region}`}. </>}
          {description ?? 'Opened before this page came; only what followed is known.'}
        </p>
        {escalations.length > 0 && (
          <ol className="steps" aria-label="Escalations">
            {escalations.map(({ level, to, at }) => (
              <li key={level} title={`Escalated at ${clock(at)}`}><Icon name="up" />Level {level}: {to}</li>
            ))}
          </ol>
        )}
      </div>
      <div className="row-side">
        {resolvedAt === null ? <Age from={openedAt} /> : <span className="age">resolved {clock(resolvedAt)}</span>}
        <Acknowledge asks={asks} book={askBook} ids={incident.asks} about={`${id}, ${title}`} testId="incident-ack" />
      </div>
    </li>
  );
});
