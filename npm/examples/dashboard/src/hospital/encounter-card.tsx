import { memo, useEffect, useRef } from 'react';

import { Age } from '../parts/age';
import { piecesOf } from './encounter-book';
import type { EncounterRecord } from './encounter-book';

/** A note while it is dictated. The newest sentence stays in sight; screen readers hear each when it comes. */
export const EncounterCard = memo(function EncounterCard({ encounter }: { encounter: EncounterRecord }) {
  const { id, department, status, startedAt, sentences, percent } = encounter;
  const text = useRef<HTMLDivElement>(null);
  useEffect(() => {
    text.current?.scrollTo({ top: text.current.scrollHeight });
  }, [sentences]);
  return (
    <article className="dictation" aria-label={`${department ?? 'Unknown department'}, ${id}`} data-testid="encounter">
      <header>
        <h3>{department ?? 'Unknown department'} <span className="row-id">{id}</span></h3>
        <span className="dictation-state">{status.replaceAll('_', ' ')}</span>
        <Age from={startedAt} />
      </header>
      <div className="progress">
        <progress max={100} value={percent} aria-label={`Dictation of ${id}`} />
        <span className="figure">{percent} %</span>
      </div>
      <div className="dictation-text" ref={text} role="log" aria-label={`Note of ${id}`} tabIndex={0}>
        {piecesOf(encounter).map((piece) => piece.kind === 'sentence'
          ? <span key={piece.number} className="sentence">{piece.text} </span>
          : <span key={`missing ${piece.from}`} className="sentence-missing">[{missing(piece.from, piece.to)}] </span>)}
        {sentences.size === 0 && <span className="muted">The first sentence is being spoken.</span>}
      </div>
    </article>
  );
});

function missing(from: number, to: number): string {
  return from === to ? `sentence ${from + 1} is missing` : `sentences ${from + 1} to ${to + 1} are missing`;
}
