import { memo, useId } from 'react';

import { Card } from '../parts/card';
import { decimal } from '../parts/format';
import { latest, sitesInOrder } from './site-book';
import type { Site, SiteBook } from './site-book';

/** How a site is, as it is drawn: a mark and a colour, never a colour alone. */
type Look = 'operational' | 'degraded' | 'down' | 'unknown';

const MARKS: Readonly<Record<Look, string>> = { operational: '●', degraded: '▲', down: '✕', unknown: '○' };

/** Cells that hold the place until the sites are there. */
const EXPECTED = 40;

interface SiteMatrixProps {
  readonly book: SiteBook;
  readonly selected: string | null;
  onSelect(id: string): void;
}

/** All sites at a glance; one of them is chosen, as among radio buttons. */
export function SiteMatrix({ book, selected, onSelect }: SiteMatrixProps) {
  const name = useId();
  const sites = sitesInOrder(book);
  const missing = Math.max(0, EXPECTED - sites.length);
  return (
    <Card title="Sites" className="sites" aside={<Legend sites={sites} />}>
      <fieldset className="matrix">
        <legend className="hidden">Choose a site to see its measurements</legend>
        {sites.map((site) => (
          <Cell key={site.id} site={site} name={name} isSelected={site.id === selected} onSelect={onSelect} />
        ))}
        {Array.from({ length: missing }, (_, index) => <span key={index} className="cell-empty" aria-hidden="true" />)}
      </fieldset>
      <p className="note">
        The bar is the throughput, of 900 Mbit/s. <span className="breach">!</span> marks a value over its limit; pale sites have sent
        nothing since the server came back.
      </p>
    </Card>
  );
}

interface CellProps {
  readonly site: Site;
  readonly name: string;
  readonly isSelected: boolean;
  onSelect(id: string): void;
}

const Cell = memo(function Cell({ site, name, isSelected, onSelect }: CellProps) {
  const look = lookOf(site);
  const now = latest(site);
  const load = Math.min(1, (now?.throughput ?? 0) / 900);
  const words = [site.id, look, `${decimal(now?.throughput ?? null, 0)} Mbit/s`, now?.breach ? 'over a limit' : '', site.stale ? 'old values' : ''];
  const said = words.filter((word) => word !== '').join(', ');
  return (
    <label className="cell" data-look={look} data-stale={site.stale || undefined} title={said}>
      <input type="radio" name={name} checked={isSelected} onChange={() => onSelect(site.id)} aria-label={said} />
      <span className="cell-face" aria-hidden="true">
        <span className="cell-name">{site.id.replace(/^TWR-/, '')}{now?.breach && <span className="breach">!</span>}</span>
        <span className="cell-mark">{MARKS[look]}</span>
        <span className="cell-load"><span style={{ inlineSize: `${load * 100}%` }} /></span>
      </span>
    </label>
  );
});

function Legend({ sites }: { sites: readonly Site[] }) {
  const looks = ['operational', 'degraded', 'down'] as const;
  return (
    <ul className="legend">
      {looks.map((look) => (
        <li key={look} data-look={look}>
          <span className="cell-mark" aria-hidden="true">{MARKS[look]}</span>
          <span className="figure">{sites.filter((site) => lookOf(site) === look).length}</span> {look}
        </li>
      ))}
    </ul>
  );
}

/** A site that sends and of which nobody has told trouble is taken for well. */
export function lookOf({ status, history }: Site): Look {
  if (status === 'down' || status === 'degraded' || status === 'operational') return status;
  return status === null && history.length > 0 ? 'operational' : 'unknown';
}
