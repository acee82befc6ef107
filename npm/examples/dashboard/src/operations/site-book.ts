import type { SteadfastEvent } from 'steadfast';

import { number, record, text } from '../feed/payload';

/** One measurement of a site. */
export interface Kpis {
  /** Seconds since 1970, as the plots count. */
  readonly at: number;
  readonly availability: number | null;
  readonly throughput: number | null;
  readonly latency: number | null;
  readonly users: number | null;
  readonly temperature: number | null;
  readonly breach: boolean;
}

/** What is known of a site. */
export interface Site {
  readonly id: string;
  readonly region: string | null;
  /** `null`: nobody has told of trouble. */
  readonly status: string | null;
  /** The measurements, the newest last. */
  readonly history: readonly Kpis[];
  /** The values are from before a break, and none came since. */
  readonly stale: boolean;
}

/** All sites together at one moment. */
export interface FleetSample {
  readonly at: number;
  /** Of all sites, in Mbit/s. */
  readonly throughput: number;
  readonly latency: number;
  readonly availability: number;
}

/** The sites by id, and the fleet's last minutes. */
export interface SiteBook {
  readonly sites: ReadonlyMap<string, Site>;
  readonly fleet: readonly FleetSample[];
}

/** What happens to sites. */
export type SiteAction =
  | { readonly kind: 'kpis'; readonly event: SteadfastEvent; readonly now: number }
  | { readonly kind: 'status'; readonly event: SteadfastEvent }
  /** All values follow anew. */
  | { readonly kind: 'reset' }
  /** A second has passed. */
  | { readonly kind: 'tick'; readonly now: number };

/** More sites than this are not taken in. */
export const MOST_SITES = 400;
/** Measurements kept of each site: about ten minutes. */
export const MOST_SAMPLES = 120;
/** Seconds of the fleet kept. */
export const MOST_FLEET = 300;

/** Nothing was told yet. */
export const NO_SITES: SiteBook = { sites: new Map(), fleet: [] };

/** The book after an action. `now` is milliseconds since 1970. */
export function reduceSites(book: SiteBook, action: SiteAction): SiteBook {
  switch (action.kind) {
    case 'kpis': {
      const payload = record(action.event.payload);
      const data = record(payload?.kpi_data);
      const id = text(payload?.site_id) ?? action.event.key;
      if (data === null || id === undefined) return book;
      return change(book, id, (site) => ({ ...site, stale: false, history: withSample(site.history, sample(data, at(action))) }));
    }
    case 'status': {
      const payload = record(action.event.payload);
      const id = text(payload?.site_id);
      const status = text(payload?.status);
      if (id === null || status === null) return book;
      return change(book, id, (site) => ({ ...site, status, region: text(payload?.region) ?? site.region }));
    }
    case 'reset':
      return { ...book, sites: new Map([...book.sites].map(([id, site]) => [id, { ...site, stale: site.history.length > 0 }])) };
    case 'tick': {
      const fleet = aggregate(book.sites, action.now / 1_000);
      return fleet === null ? book : { ...book, fleet: [...book.fleet.slice(1 - MOST_FLEET), fleet] };
    }
  }
}

/** The sites in the order of their ids. */
export function sitesInOrder(book: SiteBook): readonly Site[] {
  return [...book.sites.values()].sort((one, other) => one.id.localeCompare(other.id));
}

/** A site's newest measurement. */
export function latest(site: Site): Kpis | null {
  return site.history.at(-1) ?? null;
}

function at({ event, now }: { event: SteadfastEvent; now: number }): number {
  const published = Date.parse(event.timestamp ?? '');
  return (Number.isNaN(published) ? now : published) / 1_000;
}

function sample(data: Record<string, unknown>, at: number): Kpis {
  return {
    at,
    availability: number(data.availability_percent),
    throughput: number(data.throughput_mbps),
    latency: number(data.latency_ms),
    users: number(data.active_users),
    temperature: number(data.shelter_temperature_c),
    breach: data.threshold_breach === true,
  };
}

/** A plot's times only grow: a value told again replaces itself. */
function withSample(history: readonly Kpis[], next: Kpis): readonly Kpis[] {
  const last = history.at(-1);
  if (last && next.at < last.at) return history;
  const before = last && next.at === last.at ? history.slice(0, -1) : history;
  return [...before.slice(1 - MOST_SAMPLES), next];
}

function change(book: SiteBook, id: string, changed: (site: Site) => Site): SiteBook {
  const before = book.sites.get(id);
  if (!before && book.sites.size >= MOST_SITES) return book;
  const site = changed(before ?? { id, region: null, status: null, history: [], stale: false });
  return { ...book, sites: new Map(book.sites).set(id, site) };
}

function aggregate(sites: ReadonlyMap<string, Site>, at: number): FleetSample | null {
  const values = [...sites.values()].map(latest).filter((kpis) => kpis !== null);
  if (values.length === 0) return null;
  const total = (of: (kpis: Kpis) => number | null) => values.reduce((sum, kpis) => sum + (of(kpis) ?? 0), 0);
  return {
    at,
    throughput: total((kpis) => kpis.throughput),
    latency: total((kpis) => kpis.latency) / values.length,
    availability: total((kpis) => kpis.availability) / values.length,
  };
}
