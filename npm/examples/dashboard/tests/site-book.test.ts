import type { SteadfastEvent } from 'steadfast';
import { describe, expect, test } from 'vitest';

import { latest, MOST_FLEET, MOST_SAMPLES, NO_SITES, reduceSites, sitesInOrder } from '../src/operations/site-book';
import type { SiteAction, SiteBook } from '../src/operations/site-book';
import { event } from './events';

const kpis = (site: string, throughput: number, more: Partial<SteadfastEvent> = {}): SiteAction => ({
  kind: 'kpis', now: 0,
  event: event('kpis', 'kpi_update', { site_id: site, kpi_data: { throughput_mbps: throughput, latency_ms: 10, availability_percent: 99, threshold_breach: throughput > 810 } }, { key: site, ...more }),
});
const status = (site: string, now: string): SiteAction =>
  ({ kind: 'status', event: event('sites', 'site_status', { site_id: site, region: 'north', status: now }) });
const fold = (actions: readonly SiteAction[], book: SiteBook = NO_SITES) => actions.reduce(reduceSites, book);

describe('site book', () => {
  test('status and measurements of a site come by two topics, in any order', () => {
    for (const actions of [[kpis('B', 820), status('B', 'down')], [status('B', 'down'), kpis('B', 820)]]) {
      const [site] = sitesInOrder(fold(actions));
      expect(site).toMatchObject({ id: 'B', region: 'north', status: 'down', stale: false });
      expect(site && latest(site)).toMatchObject({ throughput: 820, breach: true, temperature: null });
    }
    expect(sitesInOrder(fold([kpis('C', 1), kpis('A', 1), kpis('B', 1)])).map(({ id }) => id)).toEqual(['A', 'B', 'C']);
  });

  test('a value told again, or an older one, adds nothing to the plot', () => {
    const first = kpis('A', 1);
    const book = fold([first, kpis('A', 2), first]);
    expect(book.sites.get('A')?.history.map(({ throughput }) => throughput)).toEqual([1, 2]);
    const again = kpis('A', 3, { timestamp: '2030-01-01T00:00:00Z' });
    expect(fold([again, again], book).sites.get('A')?.history).toHaveLength(3);
  });

  test('after a reset the old values stay and are called old, until new ones come', () => {
    const after = fold([{ kind: 'reset' }, kpis('B', 7)], fold([kpis('A', 1), kpis('B', 1), status('C', 'down')]));
    expect(sitesInOrder(after).map(({ id, stale }) => `${id} ${stale}`)).toEqual(['A true', 'B false', 'C false']);
    expect(after.sites.get('A')?.history).toHaveLength(1);
  });

  test('the fleet is the sum and the mean of the last values, once a second, bounded', () => {
    expect(fold([{ kind: 'tick', now: 1_000 }])).toBe(NO_SITES);
    const two = fold([kpis('A', 100), kpis('B', 300), kpis('A', 200)]);
    expect(fold([{ kind: 'tick', now: 5_000 }], two).fleet).toEqual([{ at: 5, throughput: 500, latency: 10, availability: 99 }]);
    const long = fold(Array.from({ length: 2 * MOST_FLEET }, (_, index): SiteAction => ({ kind: 'tick', now: index * 1_000 })), two);
    expect(long.fleet).toHaveLength(MOST_FLEET);
  });

  test('a site keeps its last measurements, bounded', () => {
    const many = fold(Array.from({ length: 2 * MOST_SAMPLES }, (_, index) => kpis('A', index)));
    expect(many.sites.get('A')?.history).toHaveLength(MOST_SAMPLES);
    expect(many.sites.get('A')?.history.at(-1)?.throughput).toBe(2 * MOST_SAMPLES - 1);
  });
});
