/** The colours that canvases are drawn with: those of the styles, which a canvas cannot name. */
export interface PlotLook {
  readonly text: string;
  readonly line: string;
  readonly surface: string;
  readonly series: readonly [string, string, string, string];
  readonly limit: string;
  readonly good: string;
  readonly warning: string;
  readonly bad: string;
  readonly font: string;
}

/** Reads the colours as they are where this element stands. */
export function readLook(element: HTMLElement): PlotLook {
  const probe = element.ownerDocument.createElement('span');
  element.append(probe);
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const look: PlotLook = {
    text: color('muted'),
    line: color('line'),
    surface: color('surface'),
    series: [color('series-1'), color('series-2'), color('series-3'), color('series-4')],
    limit: color('critical'),
    good: color('good'),
    warning: color('medium'),
    bad: color('critical'),
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  probe.remove();
  return look;
}
