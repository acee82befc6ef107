'use client';

import { SteadfastProvider, useEvents, useSteadfast, useStatus } from 'steadfast/react';
import { ConnectionStatus, RealTimeNotifications } from 'steadfast/ui';

/** The test gives them to the page before its scripts run; the server that renders has none. */
const { url, token } = (globalThis as { options?: { url: string; token: string } }).options ?? { url: '/', token: '' };

export function Live() {
  return <SteadfastProvider options={{ url, getToken: () => token }}><Inside /></SteadfastProvider>;
}

function Inside() {
  const client = useSteadfast();
  const { state } = useStatus();
  const { live, events } = useEvents('page');
  return (
    <main data-seen={state}>
      <ConnectionStatus client={client} />
      <RealTimeNotifications client={client} topics={['notices']} />
      <output id="page">{live && 'live'} {events.map(({ payload }) => String(payload))}</output>
    </main>
  );
}
