import { memo } from 'react';

import { decimal } from '../parts/format';
import { LivePlot } from '../plot/live-plot';
import type { PlotOptions } from '../plot/live-plot';
import type { PlotLook } from '../plot/plot-look';
import { atLeast, thin, upToSeconds } from '../plot/plot-parts';
import { useClocked } from '../plot/use-clocked';
import type { ComponentHealth } from './health-book';

/** One component: its state, its load, and its response times of the last minutes. */
export const HealthTile = memo(function HealthTile({ component }: { component: ComponentHealth }) {
  const { name, status, history } = component;
  const last = history.at(-1);
  const cpu = last?.cpu ?? null;
  const response = decimal(last?.responseMs ?? null, 1);
  const data = useClocked(() => [history.map(({ at }) => at), history.map(({ responseMs }) => responseMs)] as [number[], (number | null)[]], [history]);
  return (
    <article className="health-tile" data-status={status} aria-label={name}>
      <header>
        <h3>{name}</h3>
        <span className="health-state"><span aria-hidden="true">{status === 'healthy' ? '●' : '▲'}</span> {status}</span>
      </header>
      <dl>
        <div><dt>CPU</dt><dd>{decimal(cpu, 0)} %</dd></div>
        <div><dt>Response</dt><dd>{response} ms</dd></div>
      </dl>
      <meter className="cpu" min={0} max={100} high={90} value={cpu ?? 0} aria-label={`CPU of ${name}`} />
      <LivePlot height={56} options={options} data={data} label={`Response times of ${name}, last 5 minutes, now ${response} ms`} />
    </article>
  );
});

function options(look: PlotLook): PlotOptions {
  return {
    cursor: { show: false },
    legend: { show: false },
    padding: [4, 2, 2, 2],
    scales: { x: upToSeconds(300), y: atLeast(0, 70) },
    axes: [{ show: false }, { show: false }],
    series: [{}, { stroke: look.series[0], width: 1.5, fill: thin(look.series[0], 0.12), points: { show: true, size: 4, fill: look.series[0] } }],
  };
}
