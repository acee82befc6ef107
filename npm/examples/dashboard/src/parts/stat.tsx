/** How a figure is to be taken. */
export type Tone = 'plain' | 'good' | 'warning' | 'bad';

interface StatProps {
  readonly label: string;
  readonly value: string;
  readonly unit?: string;
  /** A few words below it. */
  readonly note: string;
  readonly tone?: Tone;
}

/** One of the figures at the head of a console. */
export function Stat({ label, value, unit, note, tone = 'plain' }: StatProps) {
  return (
    <div className="stat" data-tone={tone}>
      <dt>{label}</dt>
      <dd className="stat-value">{value}{unit !== undefined && <span className="stat-unit">{unit}</span>}</dd>
      <dd className="stat-note">{note}</dd>
    </div>
  );
}
