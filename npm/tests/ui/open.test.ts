import { describe, expect, test } from 'vitest';

import type { SteadfastEvent } from '../../src/types.js';
import { readOpen } from '../../src/ui/index.js';

const value = (payload: unknown, more: Partial<SteadfastEvent> = {}): SteadfastEvent => ({
  type: 'incident_alert', payload, topic: 'open:incidents', id: 'value-7', offset: 7, key: 'e1', requiresAcknowledgment: false, replay: false, ...more,
});

describe('readOpen', () => {
  test('gives the event as it was published on the topic beside it, not the value around it', () => {
    const frame = {
      type: 'incident_alert', payload: { incident: { id: 'INC-1' } }, timestamp: '2026-01-02T03:04:05.000Z', correlation_id: 'c1', priority: 'high',
      requires_acknowledgment: true, rt: { id: 'e1', topic: 'incidents', offset: 41 },
    };
    expect(readOpen(value({ event: frame, state: 'open', by: [], at: '2026-01-02T03:04:05.000Z' }, { replay: true }))).toStrictEqual({
      type: 'incident_alert', payload: { incident: { id: 'INC-1' } }, topic: 'incidents', id: 'e1', offset: 41, timestamp: '2026-01-02T03:04:05.000Z',
      correlationId: 'c1', priority: 'high', requiresAcknowledgment: true, replay: true,
    });
  });

  test('what the frame leaves out is absent, and the key is the id of one that does not name it', () => {
    expect(readOpen(value({ event: { type: 'x', timestamp: 5, priority: null } }))).toStrictEqual({
      type: 'x', payload: undefined, topic: 'incidents', id: 'e1', requiresAcknowledgment: true, replay: false,
    });
  });

  test.each([null, 'text', {}, { event: 'text' }, { event: { payload: 1 } }])('%j is no open value', (payload) => {
    expect(readOpen(value(payload))).toBeNull();
  });
});
