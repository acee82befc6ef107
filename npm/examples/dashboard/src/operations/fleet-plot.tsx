import { Card } from '../parts/card';
import { decimal } from '../parts/format';
import { LivePlot } from '../plot/live-plot';
import type { PlotOptions } from '../plot/live-plot';
import type { PlotLook } from '../plot/plot-look';
import { axis, thin, timeAxis, upToSeconds } from '../plot/plot-parts';
import { useClocked } from '../plot/use-clocked';
import type { FleetSample } from './site-book';

/** Throughput and latency of all sites together, second by second. */
export function FleetPlot({ fleet }: { fleet: readonly FleetSample[] }) {
  const last = fleet.at(-1) ?? null;
  const data = useClocked(() => [
    fleet.map(({ at }) => at), fleet.map(({ throughput }) => throughput / 1_000), fleet.map(({ latency }) => latency),
  ] as [number[], number[], number[]], [fleet]);
  const throughput = `${decimal(last && last.throughput / 1_000, 2)} Gbit/s`;
  const latency = `${decimal(last?.latency ?? null, 1)} ms`;
  return (
    <Card title="All sites" className="fleet" aside={
      <ul className="legend">
        <li><span className="key key-1" aria-hidden="true" />Throughput <span className="figure">{throughput}</span></li>
        <li><span className="key key-2" aria-hidden="true" />Mean latency <span className="figure">{latency}</span></li>
      </ul>
    }>
      <LivePlot height={190} options={options} data={data} label={`All sites, last 5 minutes: throughput ${throughput}, mean latency ${latency}`} />
    </Card>
  );
}

/** Room above and below, so that what moves a little is seen to move, and a flat line lies in the middle. */
function around(): { range(plot: unknown, lowest: number | null, highest: number | null): [number, number] } {
  return {
    range: (_, lowest, highest) => {
      if (lowest === null || highest === null) return [0, 1];
      const room = Math.max((highest - lowest) * 0.25, highest * 0.02, 0.01);
      return [Math.max(0, lowest - room), highest + room];
    },
  };
}

function options(look: PlotLook): PlotOptions {
  return {
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 0, 0, 0],
    scales: { x: upToSeconds(300), throughput: around(), latency: around() },
    axes: [
      timeAxis(look),
      axis(look, { scale: 'throughput', size: 48, values: (_, splits) => splits.map((value) => value.toFixed(1)) }),
      axis(look, { scale: 'latency', side: 1, size: 48, grid: { show: false }, values: (_, splits) => splits.map((value) => value.toFixed(1)) }),
    ],
    series: [
      {},
      { scale: 'throughput', stroke: look.series[0], width: 2, fill: thin(look.series[0], 0.08), points: { show: false } },
      { scale: 'latency', stroke: look.series[1], width: 2, dash: [6, 3], points: { show: false } },
    ],
  };
}
