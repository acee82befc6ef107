import type { SteadfastEvent } from 'steadfast';

import { withAsk } from '../feed/asks';
import { putBounded } from '../feed/bounded';
import { number, record, text } from '../feed/payload';

/** How far a threat is, in order. */
export const STAGES = ['detected', 'contained', 'resolved'] as const;

/** One of the stages. */
export type Stage = (typeof STAGES)[number];

/** All that was told about a threat. */
export interface ThreatRecord {
  readonly id: string;
  /** Its kind, such as `brute_force`. */
  readonly kind: string;
  readonly description: string | null;
  /** `null`: this page came too late to hear it. */
  readonly severity: string | null;
  /** In percent. */
  readonly confidence: number | null;
  readonly sourceIp: string | null;
  readonly affectedHosts: number | null;
  /** The furthest stage that was told. Never goes back. */
  readonly stage: Stage;
  /** When each stage was told, where it was. */
  readonly times: Readonly<Partial<Record<Stage, string>>>;
  /** The events that ask to be acknowledged. */
  readonly asks: readonly string[];
}

/** The threats by id, in the order in which they were first heard of. */
export type ThreatBook = ReadonlyMap<string, ThreatRecord>;

/** Beyond this many the oldest resolved one is forgotten, and an active one only if there is no other. */
export const MOST_THREATS = 150;

/** Nothing was told yet. */
export const NO_THREATS: ThreatBook = new Map();

/** The book after an event. The same event again changes nothing, and a stage once reached stays so. */
export function reduceThreats(book: ThreatBook, event: SteadfastEvent): ThreatBook {
  const payload = record(event.payload);
  const id = text(payload?.threat_id);
  const stage = stageOf(event.type, text(payload?.status));
  if (payload === null || id === null || stage === null) return book;
  const before = book.get(id) ?? blank(id);
  const next: ThreatRecord = {
    ...before,
    kind: text(payload.threat_type) ?? before.kind,
    description: text(payload.description) ?? before.description,
    severity: text(payload.severity) ?? before.severity,
    confidence: number(payload.confidence) ?? before.confidence,
    sourceIp: text(payload.source_ip) ?? before.sourceIp,
    affectedHosts: number(payload.affected_hosts) ?? before.affectedHosts,
    stage: STAGES.indexOf(stage) > STAGES.indexOf(before.stage) ? stage : before.stage,
    times: event.timestamp === undefined ? before.times : { [stage]: event.timestamp, ...before.times },
    asks: withAsk(before.asks, event),
  };
  return put(book, next);
}

/** Threats that are not resolved, the newest first. */
export function activeThreats(book: ThreatBook): readonly ThreatRecord[] {
  return [...book.values()].filter(({ stage }) => stage !== 'resolved').reverse();
}

/** Resolved threats, the last resolved first. */
export function pastThreats(book: ThreatBook, most: number): readonly ThreatRecord[] {
  return [...book.values()].filter(({ stage }) => stage === 'resolved')
    .sort((one, other) => (other.times.resolved ?? '').localeCompare(one.times.resolved ?? '')).slice(0, most);
}

/** A kind as a person reads it: `brute_force` is `Brute force`. */
export function kindText(kind: string): string {
  const words = kind.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function stageOf(type: string, status: string | null): Stage | null {
  if (type === 'threat.detected') return 'detected';
  if (type === 'threat.resolved') return 'resolved';
  if (type !== 'threat.updated') return null;
  return status === 'contained' ? 'contained' : 'detected';
}

function blank(id: string): ThreatRecord {
  return {
    id, kind: 'threat', description: null, severity: null, confidence: null, sourceIp: null, affectedHosts: null,
    stage: 'detected', times: {}, asks: [],
  };
}

function put(book: ThreatBook, threat: ThreatRecord): ThreatBook {
  return putBounded(book, threat.id, threat, MOST_THREATS, ({ stage }) => stage === 'resolved');
}
