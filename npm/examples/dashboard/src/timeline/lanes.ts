import uPlot from 'uplot';

import type { PlotLook } from '../plot/plot-look';
import type { PlotOptions } from '../plot/live-plot';
import { axis, lastSeconds, thin, timeAxis } from '../plot/plot-parts';
import type { Second, Span, Way } from './timeline';

/** What the lanes show, from top to bottom. */
export const LANES = ['Transport', 'Attempts', 'Gaps', 'Repeats'] as const;

const WORDS: Readonly<Record<Way, string>> = { websocket: 'WebSocket', polling: 'Polling', none: 'None' };
/** As wide as the axis of the plot above, so that the times stand below each other. */
export const AXIS = 74;

/** What is drawn; read anew for each drawing. */
export interface LaneData {
  readonly spans: readonly Span[];
  readonly seconds: readonly Second[];
}

/** Bands of the transport, and marks for what was counted, on the times of the plot above. */
export function laneOptions(look: PlotLook, read: () => LaneData): PlotOptions {
  return {
    cursor: { show: false },
    legend: { show: false },
    padding: [0, 8, 0, 0],
    scales: { x: lastSeconds(300), lane: { range: () => [0, LANES.length] } },
    axes: [
      timeAxis(look),
      axis(look, {
        scale: 'lane', size: AXIS, grid: { show: false }, ticks: { show: false },
        splits: () => LANES.map((_, index) => index + 0.5),
        values: () => [...LANES].reverse(),
        filter: (_, splits) => splits,
      }),
    ],
    series: [{}, { scale: 'lane', show: true, paths: () => null, points: { show: false } }],
    plugins: [{ hooks: { draw: (plot) => draw(plot, look, read()) } }],
  };
}

function draw(plot: uPlot, look: PlotLook, { spans, seconds }: LaneData): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  rules(plot, look);
  spans.forEach((span) => band(plot, look, span));
  for (const second of seconds) {
    mark(plot, look, 1, second.at, second.attempts + second.failedPolls, look.series[1]);
    mark(plot, look, 2, second.at, second.gaps, look.bad);
    mark(plot, look, 3, second.at, second.repeats, look.series[2]);
  }
  ctx.restore();
}

function rules({ ctx, bbox }: uPlot, look: PlotLook): void {
  ctx.strokeStyle = look.line;
  ctx.lineWidth = uPlot.pxRatio;
  const lane = bbox.height / LANES.length;
  for (let index = 0; index <= LANES.length; index += 1) {
    const y = Math.round(bbox.top + index * lane) + 0.5;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
}

/** A stretch of a way: WebSocket is full, polling striped, none an outline, so that it is not told by colour alone. */
function band(plot: uPlot, look: PlotLook, { way, from, to }: Span): void {
  const { ctx, bbox } = plot;
  const left = Math.max(bbox.left, plot.valToPos(from / 1_000, 'x', true));
  const right = plot.valToPos((to ?? Date.now()) / 1_000, 'x', true);
  const lane = bbox.height / LANES.length;
  const [top, height] = [bbox.top + lane * 0.16, lane * 0.68];
  const width = Math.max(uPlot.pxRatio, right - left);
  if (right < bbox.left) return;
  const color = { websocket: look.good, polling: look.warning, none: look.bad }[way];
  ctx.fillStyle = thin(color, way === 'websocket' ? 0.3 : 0.16);
  ctx.fillRect(left, top, width, height);
  if (way === 'polling') stripes(ctx, color, left, top, width, height);
  ctx.strokeStyle = color;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash(way === 'none' ? [3 * uPlot.pxRatio, 3 * uPlot.pxRatio] : []);
  ctx.strokeRect(left, top, width, height);
  ctx.setLineDash([]);
  ctx.font = `600 ${10 * uPlot.pxRatio}px ${look.font.replace(/^\S+ /, '')}`;
  if (ctx.measureText(WORDS[way]).width + 10 * uPlot.pxRatio > width) return;
  const middle = top + height / 2;
  const measured = ctx.measureText(WORDS[way]).width;
  ctx.fillStyle = look.surface;
  ctx.fillRect(left + 3 * uPlot.pxRatio, top + 2 * uPlot.pxRatio, measured + 6 * uPlot.pxRatio, height - 4 * uPlot.pxRatio);
  ctx.fillStyle = color;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  ctx.fillText(WORDS[way], left + 6 * uPlot.pxRatio, middle);
}

function stripes(ctx: CanvasRenderingContext2D, color: string, left: number, top: number, width: number, height: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = thin(color, 0.4);
  ctx.lineWidth = uPlot.pxRatio;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += 6 * uPlot.pxRatio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** Something counted in a second: a bar, with the number where there was more than one. */
function mark(plot: uPlot, look: PlotLook, lane: number, at: number, counted: number, color: string): void {
  if (counted === 0) return;
  const { ctx, bbox } = plot;
  const height = bbox.height / LANES.length;
  const x = Math.round(plot.valToPos(at / 1_000, 'x', true));
  const top = bbox.top + lane * height;
  ctx.fillStyle = color;
  ctx.fillRect(x - uPlot.pxRatio, top + height * 0.2, 2 * uPlot.pxRatio, height * 0.6);
  if (counted === 1) return;
  ctx.font = `${10 * uPlot.pxRatio}px ${look.font.replace(/^\S+ /, '')}`;
  ctx.textBaseline = 'middle';
  // At the right end the number stands before its bar.
  const isLast = x > bbox.left + bbox.width - 30 * uPlot.pxRatio;
  ctx.textAlign = isLast ? 'right' : 'left';
  ctx.fillText(String(counted), x + (isLast ? -4 : 4) * uPlot.pxRatio, top + height / 2);
}
