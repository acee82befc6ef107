import type { SteadfastEvent } from 'steadfast';

import { withAsk } from '../feed/asks';
import { putBounded } from '../feed/bounded';
import { number, record, text } from '../feed/payload';

/** A handing-over to somebody higher. */
export interface Escalation {
  readonly level: number;
  readonly to: string;
  readonly at: string | null;
}

/** All that was told about an incident. */
export interface IncidentRecord {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  /** `null`: this page came too late to hear it. */
  readonly severity: string | null;
  readonly site: string | null;
  readonly region: string | null;
  readonly openedAt: string | null;
  readonly resolvedAt: string | null;
  /** By level, each once. */
  readonly escalations: readonly Escalation[];
  /** The events that ask to be acknowledged. */
  readonly asks: readonly string[];
}

/** The incidents by id, in the order in which they were first heard of. */
export type IncidentBook = ReadonlyMap<string, IncidentRecord>;

/** Beyond this many the oldest resolved one is forgotten, and an open one only if there is no other. */
export const MOST_INCIDENTS = 200;

/** Nothing was told yet. */
export const NO_INCIDENTS: IncidentBook = new Map();

/** The book after an event. The same event again changes nothing, and what is resolved stays so. */
export function reduceIncidents(book: IncidentBook, event: SteadfastEvent): IncidentBook {
  const payload = record(event.payload);
  const told = record(payload?.incident);
  if (payload === null || told === null) return book;
  const id = text(told.id) ?? event.id;
  if (id === undefined) return book;
  const before = book.get(id) ?? blank(id);
  const at = event.timestamp ?? null;
  const known: IncidentRecord = {
    ...before,
    title: text(told.title) ?? before.title,
    description: text(told.description) ?? before.description,
    severity: text(told.severity) ?? before.severity,
    site: text(told.site_id) ?? before.site,
    region: text(told.region) ?? before.region,
    asks: withAsk(before.asks, event),
  };
  switch (event.type) {
    case 'incident_alert':
      return put(book, { ...known, openedAt: before.openedAt ?? at });
    case 'incident_escalated': {
      const level = number(payload.level) ?? before.escalations.length + 1;
      const step = { level, to: text(payload.escalated_to) ?? 'the next level', at };
      return put(book, { ...known, escalations: withStep(before.escalations, step) });
    }
    case 'incident_resolved':
      return put(book, { ...known, resolvedAt: before.resolvedAt ?? at ?? 'unknown' });
    default:
      return book;
  }
}

/** Unresolved incidents, the gravest first and among equals the newest. */
export function openIncidents(book: IncidentBook): readonly IncidentRecord[] {
  return [...book.values()].filter(({ resolvedAt }) => resolvedAt === null)
    .sort((one, other) => grade(one) - grade(other) || (other.openedAt ?? '').localeCompare(one.openedAt ?? ''));
}

/** Resolved incidents, the last resolved first. */
export function pastIncidents(book: IncidentBook, most: number): readonly IncidentRecord[] {
  return [...book.values()].filter(({ resolvedAt }) => resolvedAt !== null)
    .sort((one, other) => (other.resolvedAt ?? '').localeCompare(one.resolvedAt ?? '')).slice(0, most);
}

const GRADES = ['critical', 'high', 'medium', 'low'];

function grade({ severity }: IncidentRecord): number {
  const place = GRADES.indexOf(severity ?? '');
  return place < 0 ? GRADES.length : place;
}

function blank(id: string): IncidentRecord {
  return {
    id, title: id, description: null, severity: null, site: null, region: null, openedAt: null, resolvedAt: null,
    escalations: [], asks: [],
  };
}

function withStep(steps: readonly Escalation[], step: Escalation): readonly Escalation[] {
  if (steps.some(({ level }) => level === step.level)) return steps;
  return [...steps, step].sort((one, other) => one.level - other.level);
}

function put(book: IncidentBook, incident: IncidentRecord): IncidentBook {
  return putBounded(book, incident.id, incident, MOST_INCIDENTS, ({ resolvedAt }) => resolvedAt !== null);
}
