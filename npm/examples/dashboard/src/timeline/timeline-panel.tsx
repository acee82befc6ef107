import { useCallback, useRef } from 'react';

import { useBook } from '../feed/book';
import { reasonText } from '../feed/holes';
import type { FeedBooks } from '../feed/use-feed';
import { Card } from '../parts/card';
import { clock, milliseconds } from '../parts/format';
import { LivePlot } from '../plot/live-plot';
import type { PlotOptions } from '../plot/live-plot';
import type { PlotLook } from '../plot/plot-look';
import { axis, lastSeconds, timeAxis } from '../plot/plot-parts';
import { useClocked } from '../plot/use-clocked';
import { AXIS, laneOptions } from './lanes';
import type { LaneData } from './lanes';
import { TimelineTable } from './timeline-table';

/** What the connection went through in the last five minutes: as a plot, and in words. */
export function TimelinePanel({ books }: { books: FeedBooks }) {
  const timeline = useBook(books.timeline);
  const { holes } = useBook(books.holes);
  const drawn = useRef<LaneData>(timeline);
  drawn.current = timeline;
  const lanes = useCallback((look: PlotLook) => laneOptions(look, () => drawn.current), []);
  const data = useClocked(() => {
    const at = timeline.seconds.map((second) => second.at / 1_000);
    const mean = timeline.seconds.map(({ latency }) => latency && Math.max(1, latency.mean));
    const worst = timeline.seconds.map(({ latency }) => latency && Math.max(1, latency.worst));
    return { latency: [at, mean, worst] as [number[], (number | null)[], (number | null)[]], lanes: [at, at.map(() => null)] as [number[], null[]] };
  }, [timeline]);
  const last = timeline.seconds.findLast(({ latency }) => latency !== null)?.latency ?? null;
  const now = last === null ? 'no event yet' : `${milliseconds(last.mean)}, worst ${milliseconds(last.worst)}`;
  const lastHole = holes.at(-1);
  return (
    <Card title="Connection, last 5 minutes" className="timeline" aside={
      <ul className="legend">
        <li><span className="key key-1" aria-hidden="true" />Latency, mean</li>
        <li><span className="key key-dot" aria-hidden="true" />worst of the second</li>
      </ul>
    }>
      <LivePlot height={156} options={latencyOptions} data={data.latency} label={`Time from publishing to delivery: ${now}`} />
      <LivePlot height={132} options={lanes} data={data.lanes} label="Transport, attempts, gaps and dropped repeats; in words in the table below" />
      {lastHole && <p className="note">Last gap: {lastHole.gap.topic} at {clock(lastHole.at)}, {reasonText(lastHole.gap.reason)}.</p>}
      <TimelineTable timeline={timeline} />
    </Card>
  );
}

const DECADES = [1, 10, 100, 1_000, 10_000];

function latencyOptions(look: PlotLook): PlotOptions {
  return {
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 8, 6, 0],
    scales: { x: lastSeconds(300), latency: { distr: 3, log: 10, range: () => [1, 10_000] } },
    axes: [
      timeAxis(look, { size: 0, ticks: { show: false }, values: () => [] }),
      axis(look, {
        scale: 'latency', size: AXIS, splits: () => DECADES, filter: (_, splits) => splits,
        values: (_, splits) => splits.map((value) => milliseconds(value).replace('.0', '')),
      }),
    ],
    series: [
      {},
      { scale: 'latency', stroke: look.series[0], width: 2, spanGaps: false, points: { show: false } },
      { scale: 'latency', stroke: look.series[1], paths: () => null, points: { show: true, size: 4, fill: look.series[1], stroke: look.series[1], width: 0 } },
    ],
  };
}
