import { Card } from '../parts/card';
import { decimal } from '../parts/format';
import { KpiPlot } from './kpi-plot';
import type { Measure } from './kpi-plot';
import { latest } from './site-book';
import type { Site } from './site-book';
import { lookOf } from './site-matrix';

/** What is measured, and the limits that the feed calls breaches: nine tenths of the load, and 40 °C. */
const MEASURES: readonly Measure[] = [
  { field: 'throughput', title: 'Throughput', unit: 'Mbit/s', limit: 810, floor: 0, ceiling: 900, places: 0 },
  { field: 'latency', title: 'Latency', unit: 'ms', limit: 40.4, floor: 0, ceiling: 50, places: 1 },
  { field: 'temperature', title: 'Shelter temperature', unit: '°C', limit: 40, floor: 10, ceiling: 45, places: 1 },
  { field: 'users', title: 'Active users', unit: '', limit: 1_080, floor: 0, ceiling: 1_200, places: 0 },
];

/** The chosen site's measurements as they come. */
export function SiteDetail({ site }: { site: Site | null }) {
  const now = site && latest(site);
  const aside = site && (
    <span className="site-state" data-look={lookOf(site)}>
      {lookOf(site)}{site.region !== null && `, ${site.region}`}{now && `, ${decimal(now.availability, 2)} % available`}
    </span>
  );
  return (
    <Card title={site?.id ?? 'Site'} className="detail" aside={aside}>
      {site?.stale && <p className="note stale">Old values: none came since the server was started anew.</p>}
      <div className="kpis">
        {MEASURES.map((measure) => <KpiPlot key={measure.field} measure={measure} history={site?.history ?? []} />)}
      </div>
    </Card>
  );
}
