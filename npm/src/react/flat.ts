import type { SteadfastEvent } from '../types.js';

/** An event in the shape of ADR-010: the payload's keys beside the envelope's, which win where both have one. */
export interface FlatMessage {
  type: string;
  timestamp?: string;
  topic: string;
  id?: string;
  correlation_id?: string;
  priority?: string;
  [key: string]: unknown;
}

export function flat(event: SteadfastEvent): FlatMessage {
  const { payload, type, timestamp, topic, id, correlationId, priority } = event;
  const envelope = Object.entries({ type, timestamp, topic, id, correlation_id: correlationId, priority });
  const said = Object.fromEntries(envelope.filter(([, value]) => value !== undefined));
  const beside = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : { payload };
  const clash = Object.keys(beside).some((key) => key in said);
  return { ...beside, ...(clash && { payload }), ...said } as unknown as FlatMessage;
}
