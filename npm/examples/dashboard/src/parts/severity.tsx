/** What severities look like, the gravest first; anything else is unrated. */
const MARKS: Readonly<Record<string, string>> = { critical: '!!', high: '!', medium: '–', low: '·' };

/** A severity in a word, a mark and a colour. */
export function Severity({ severity }: { severity: string | null }) {
  const known = severity !== null && severity in MARKS ? severity : 'unrated';
  return (
    <span className="severity" data-severity={known}>
      <span className="severity-mark" aria-hidden="true">{MARKS[known] ?? '?'}</span>
      {known === 'unrated' ? severity ?? 'unrated' : known}
    </span>
  );
}
