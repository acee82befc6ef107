import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

import { useSession } from '../shell/session-context';
import { readLook } from './plot-look';
import type { PlotLook } from './plot-look';

/** All but the size, which is the place's. */
export type PlotOptions = Omit<uPlot.Options, 'width' | 'height'>;

interface LivePlotProps {
  /** What there is to see, in words. */
  readonly label: string;
  readonly height: number;
  /** Called anew when the look changes; must stay the same function otherwise. */
  readonly options: (look: PlotLook) => PlotOptions;
  readonly data: uPlot.AlignedData;
}

/** A plot that follows its data: drawn at most once a frame, as wide as its place, in the colours of the page. */
export function LivePlot({ label, height, options, data }: LivePlotProps) {
  const { look } = useSession();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;

  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new uPlot({ ...options(readLook(element)), width: element.clientWidth || 300, height }, newest.current, element);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== made.width) made.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current = null;
      made.destroy();
    };
  }, [options, height, look]);

  useEffect(() => {
    const frame = requestAnimationFrame(() => plot.current?.setData(data));
    return () => cancelAnimationFrame(frame);
  }, [data]);

  return <div ref={place} className="plot" role="img" aria-label={label} style={{ height }} />;
}
