import { expectTypeOf, test } from 'vitest';

import type { Client, EventOf, Incident, KpiData, PhoenixGuardianEvents, SteadfastEvent, Threat, TowercoEvents, TranscriptionChunk } from '../src/index.js';
import { createPlainClient } from '../src/plain/index.js';
import { SteadfastProvider, useEvents, useLatest, usePublish, useSteadfast, useSubscription } from '../src/react/index.js';
import type { createTestServer } from '../src/testing/index.js';
import { ConnectionStatus, RealTimeNotifications } from '../src/ui/index.js';

// Nothing runs here: the compiler judges.
test('hooks know the payloads of both systems', () => {
  const judge = () => {
    const { events } = useEvents<TowercoEvents>('incidents');
    for (const event of events) {
      if (event.type === 'incident_escalated') expectTypeOf(event.payload.level).toBeNumber();
      // @ts-expect-error There is no such event.
      if (event.type === 'incident_escalation') return;
    }
    const latest = useLatest<TowercoEvents>('kpis', 'A1');
    if (latest?.type === 'kpi_update') expectTypeOf(latest.payload.kpi_data).toEqualTypeOf<KpiData>();
    expectTypeOf(useLatest<TowercoEvents>('kpis')).toExtend<ReadonlyMap<string, SteadfastEvent<TowercoEvents>>>();
    useSubscription<PhoenixGuardianEvents>('transcription', (event) => {
      if (event.type === 'transcription.chunk') expectTypeOf(event.payload).toEqualTypeOf<TranscriptionChunk>();
    });
    useSubscription<PhoenixGuardianEvents>('threats', {
      onEvent: (event) => expectTypeOf(event).toEqualTypeOf<SteadfastEvent<PhoenixGuardianEvents>>(),
    });
    const publish = usePublish<TowercoEvents>('actions');
    void publish('incident_action', { action: 'assign', incident_id: 'i' });
    // @ts-expect-error An incident is missing.
    void publish('incident_action', { action: 'assign' });
    expectTypeOf(useSteadfast<PhoenixGuardianEvents>()).toEqualTypeOf<Client<PhoenixGuardianEvents>>();
  };
  expectTypeOf(judge).toBeFunction();
});

test('every event of both maps has a payload that is more than unknown', () => {
  expectTypeOf<TowercoEvents['incident_alert']['incident']>().toEqualTypeOf<Incident>();
  expectTypeOf<Extract<SteadfastEvent<PhoenixGuardianEvents>, { type: 'threat.resolved' }>>().toEqualTypeOf<EventOf<'threat.resolved', Threat>>();
  type Loose<Events> = { [Type in keyof Events]: unknown extends Events[Type] ? Type : never }[keyof Events];
  expectTypeOf<Loose<TowercoEvents>>().toBeNever();
  expectTypeOf<Loose<PhoenixGuardianEvents>>().toBeNever();
});

test('a typed client goes where any client goes', () => {
  const judge = (client: Client<TowercoEvents>, server: ReturnType<typeof createTestServer>) => (
    <SteadfastProvider client={client}>
      <ConnectionStatus client={client} />
      <RealTimeNotifications client={server.createClient<PhoenixGuardianEvents>()} topics={['threats']} />
      <SteadfastProvider client={createPlainClient<PhoenixGuardianEvents>({ dialect: 'nested', url: '/', tenant: 'ward' })} />
    </SteadfastProvider>
  );
  expectTypeOf(judge).toBeFunction();
});
