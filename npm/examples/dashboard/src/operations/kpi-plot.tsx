import { memo, useCallback } from 'react';

import { decimal } from '../parts/format';
import { LivePlot } from '../plot/live-plot';
import type { PlotLook } from '../plot/plot-look';
import { atLeast, axis, limitLine, thin, timeAxis, upToSeconds } from '../plot/plot-parts';
import { useClocked } from '../plot/use-clocked';
import type { Kpis } from './site-book';

/** What of a site is measured. */
export interface Measure {
  readonly field: 'throughput' | 'latency' | 'temperature' | 'users';
  readonly title: string;
  readonly unit: string;
  /** Beyond it is a breach. */
  readonly limit: number;
  readonly floor: number;
  readonly ceiling: number;
  readonly places: number;
}

const MINUTES = 5;

/** One measurement over the last minutes, with its limit. */
export const KpiPlot = memo(function KpiPlot({ measure, history }: { measure: Measure; history: readonly Kpis[] }) {
  const { field, title, unit, limit, floor, ceiling, places } = measure;
  const now = history.at(-1)?.[field] ?? null;
  const isOver = now !== null && now > limit;
  const options = useCallback((look: PlotLook) => ({
    cursor: { show: false },
    legend: { show: false },
    padding: [6, 8, 0, 0] as [number, number, number, number],
    scales: { x: upToSeconds(MINUTES * 60), y: atLeast(floor, ceiling) },
    axes: [timeAxis(look), axis(look, { size: 38, space: 28 })],
    series: [{}, { stroke: look.series[0], width: 1.5, fill: thin(look.series[0], 0.12), points: { show: true, size: 4, fill: look.series[0] } }],
    plugins: [limitLine(look, 'y', limit)],
  }), [floor, ceiling, limit]);
  const data = useClocked(() => [history.map(({ at }) => at), history.map((kpis) => kpis[field])] as [number[], (number | null)[]], [history, field]);
  const value = `${decimal(now, places)}${unit === '' ? '' : ` ${unit}`}`;
  return (
    <figure className="kpi">
      <figcaption>
        <span>{title}</span>
        <span className="kpi-value" data-over={isOver || undefined}>{value}{isOver && <span className="kpi-over"> over {limit}</span>}</span>
      </figcaption>
      <LivePlot height={132} options={options} data={data}
        label={`${title} of the last ${MINUTES} minutes: now ${value}, limit ${limit}, ${history.length} measurements`} />
    </figure>
  );
});
