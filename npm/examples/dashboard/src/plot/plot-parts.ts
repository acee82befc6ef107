import uPlot from 'uplot';

import type { PlotLook } from './plot-look';

/** The last so many seconds, up to now: what is old leaves at the left though nothing new comes. */
export function lastSeconds(length: number): uPlot.Scale {
  return { time: true, range: () => [Date.now() / 1_000 - length, Date.now() / 1_000] };
}

/** The same, but no longer than there is data for, so that a page just opened shows no emptiness; a minute at least. */
export function upToSeconds(length: number): uPlot.Scale {
  return {
    time: true,
    range: (_, first) => {
      const now = Date.now() / 1_000;
      return [Math.max(now - length, Math.min(first ?? now, now - 60)), now];
    },
  };
}

/** From a floor to a ceiling, and higher where the data is. */
export function atLeast(floor: number, ceiling: number): uPlot.Scale {
  return { range: (_, __, highest) => [floor, Math.max(ceiling, (highest ?? 0) * 1.05)] };
}

/** An axis in the page's look. */
export function axis(look: PlotLook, more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: look.text,
    font: look.font,
    grid: { stroke: look.line, width: 1 },
    ticks: { stroke: look.line, width: 1, size: 4 },
    gap: 4,
    ...more,
  };
}

/** The time below: `12:04`, and `:30` between two minutes. */
export function timeAxis(look: PlotLook, more: uPlot.Axis = {}): uPlot.Axis {
  const two = (value: number) => String(value).padStart(2, '0');
  return axis(look, {
    size: 26,
    space: 52,
    values: (_, splits) => splits.map((split) => {
      const date = new Date(split * 1_000);
      return date.getSeconds() === 0 ? `${two(date.getHours())}:${two(date.getMinutes())}` : `:${two(date.getSeconds())}`;
    }),
    ...more,
  });
}

/** A line across at the limit, drawn over the data. */
export function limitLine(look: PlotLook, scale: string, value: number): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox } = plot;
        const y = Math.round(plot.valToPos(value, scale, true));
        ctx.save();
        ctx.strokeStyle = look.limit;
        ctx.lineWidth = uPlot.pxRatio;
        ctx.setLineDash([5 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
        ctx.restore();
      },
    },
  };
}

/** A colour, thinned. The page's colours are read as `rgb(r, g, b)`. */
export function thin(color: string, part: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${part})`);
}
