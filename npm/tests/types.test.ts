import { expectTypeOf, test } from 'vitest';

import type { Client, Delivery, EventOf, Incident, PhoenixGuardianEvents, SteadfastEvent, Threat, TowercoEvents } from '../src/index.js';

// Nothing runs here: the compiler judges.
test('an event’s payload is known by its type', () => {
  const judge = (event: SteadfastEvent<TowercoEvents>) => {
    if (event.type === 'incident_alert') expectTypeOf(event.payload.incident).toEqualTypeOf<Incident>();
    if (event.type === 'site_status') expectTypeOf(event.payload.site_id).toBeString();
  };
  expectTypeOf(judge).toBeFunction();
  expectTypeOf<Extract<SteadfastEvent<PhoenixGuardianEvents>, { type: 'threat.detected' }>>().toEqualTypeOf<EventOf<'threat.detected', Threat>>();
  expectTypeOf<SteadfastEvent['payload']>().toBeUnknown();
});

test('publishing takes the payload of its type', () => {
  type Publish = Client<TowercoEvents>['publish'];
  const judge = (publish: Publish) => {
    void publish('sites', 'site_status', { site_id: 'a', status: 'up' });
    // @ts-expect-error A status is missing.
    void publish('sites', 'site_status', { site_id: 'a' });
    // @ts-expect-error There is no such event.
    void publish('sites', 'site_state', {});
  };
  expectTypeOf(judge).toBeFunction();
});

test('a listener and a stream see the same events', () => {
  const judge = async (client: Client<TowercoEvents>) => {
    client.subscribe('incidents', { onEvent: (event) => expectTypeOf(event).toEqualTypeOf<SteadfastEvent<TowercoEvents>>() });
    for await (const delivery of client.stream('incidents')) expectTypeOf(delivery).toEqualTypeOf<Delivery<TowercoEvents>>();
  };
  expectTypeOf(judge).toBeFunction();
});
