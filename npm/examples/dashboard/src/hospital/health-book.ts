import type { SteadfastEvent } from 'steadfast';

import { number, record, text } from '../feed/payload';

/** One look at a component. */
export interface HealthSample {
  /** Seconds since 1970, as the plots count. */
  readonly at: number;
  readonly cpu: number | null;
  readonly responseMs: number | null;
}

/** What is known of a component of the platform. */
export interface ComponentHealth {
  readonly name: string;
  readonly status: string;
  /** The newest last. */
  readonly history: readonly HealthSample[];
}

/** An alert about a component. */
export interface SystemAlert {
  readonly id: string;
  readonly component: string | null;
  readonly message: string;
  readonly at: string | null;
}

/** The platform's health. */
export interface HealthBook {
  readonly components: ReadonlyMap<string, ComponentHealth>;
  /** The newest first. */
  readonly alerts: readonly SystemAlert[];
}

/** Looks kept of each component. */
export const MOST_LOOKS = 60;
/** More components than this are not taken in. */
export const MOST_COMPONENTS = 24;
/** Alerts kept. */
export const MOST_ALERTS = 20;

/** Nothing was told yet. */
export const NO_HEALTH: HealthBook = { components: new Map(), alerts: [] };

/** The book after an event of `system`. The same event again changes nothing. */
export function reduceHealth(book: HealthBook, event: SteadfastEvent): HealthBook {
  const payload = record(event.payload);
  if (payload === null) return book;
  const component = text(payload.component);
  switch (event.type) {
    case 'system.health': {
      const status = text(payload.status);
      const at = Date.parse(event.timestamp ?? '') / 1_000;
      if (component === null || status === null || Number.isNaN(at)) return book;
      const before = book.components.get(component) ?? { name: component, status, history: [] };
      const last = before.history.at(-1);
      if ((last && at <= last.at) || (!last && book.components.size >= MOST_COMPONENTS)) return book;
      const look = { at, cpu: number(payload.cpu_percent), responseMs: number(payload.response_ms) };
      const next = { name: component, status, history: [...before.history.slice(1 - MOST_LOOKS), look] };
      return { ...book, components: new Map(book.components).set(component, next) };
    }
    case 'system.alert': {
      const id = event.id ?? `${event.timestamp} ${component}`;
      if (book.alerts.some((alert) => alert.id === id)) return book;
      const message = text(payload.message) ?? `${component ?? 'A component'} needs attention`;
      return { ...book, alerts: [{ id, component, message, at: event.timestamp ?? null }, ...book.alerts].slice(0, MOST_ALERTS) };
    }
    default:
      return book;
  }
}
