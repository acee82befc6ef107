import { SteadfastProvider, useEvents, useLatest, usePublish, useSteadfast, useWebSocket } from 'steadfast/react';
import { ConnectionStatus, RealTimeNotifications, StringsProvider, useNotifications } from 'steadfast/ui';
import 'steadfast/ui/styles.css';

import { client } from './client.js';

export const App = () => (
  <SteadfastProvider client={client}>
    <StringsProvider value={{ unread: (count) => `${count} new` }}><Inside /></StringsProvider>
    <RealTimeNotifications client={client} topics={['incidents']} onIncidentAlert={(incident) => String(incident)} />
    {/* @ts-expect-error: topics are several. */}
    <RealTimeNotifications client={client} topics="incidents" />
  </SteadfastProvider>
);

export const Other = () => <SteadfastProvider options={{ url: '/', getToken: () => 'token' }}><App /></SteadfastProvider>;

function Inside() {
  const { events, live } = useEvents('incidents', { history: 50 });
  const latest = useLatest('kpis', 'site-1')?.payload;
  const { isConnected } = useWebSocket({ onMessage: ({ type }) => type });
  const { unread } = useNotifications({ client: useSteadfast(), topics: ['incidents'] });
  const publish = usePublish('notes');
  return (
    <main onClick={() => void publish('user_action', { action: 'opened' })}>
      <ConnectionStatus client={client} compact />
      {events.map(({ id }) => <p key={id}>{String(latest)} {unread} {String(live && isConnected)}</p>)}
    </main>
  );
}
