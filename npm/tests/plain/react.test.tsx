// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, expect, test } from 'vitest';

import { createPlainClient } from '../../src/plain/index.js';
import { SteadfastProvider, useEvents, useLatest, useWebSocket } from '../../src/react/index.js';
import { ConnectionStatus } from '../../src/ui/index.js';
import { ScriptedSocket, WebSocket } from './socket.js';

afterEach(cleanup);

test('hooks and components take a client of a plain server as any other', async () => {
  const client = createPlainClient({ dialect: 'flat', url: 'http://host', tenant: 'towerco', user: 'ana', WebSocket, logLevel: 'silent' });
  let send: (message: { type: string }) => boolean = () => false;
  function Page() {
    const { isConnected, lastMessage, sendMessage } = useWebSocket({ topics: ['incidents'] });
    const { events, gaps } = useEvents('incidents');
    const load = useLatest('kpis', 'A1')?.payload as { kpi_data?: { load: number } } | undefined;
    send = sendMessage;
    return <p>{String(isConnected)} {String(lastMessage?.incident)} {events.length} events {gaps.length} gaps load {load?.kpi_data?.load}</p>;
  }
  render(<StrictMode><SteadfastProvider client={client}><Page /><ConnectionStatus client={client} /></SteadfastProvider></StrictMode>);
  const socket = ScriptedSocket.last;
  await act(async () => {
    socket.open();
    socket.say({ type: 'connection_established' });
    socket.say({ type: 'incident_alert', incident: 'power' });
    socket.say({ type: 'kpi_update', site_id: 'A1', kpi_data: { load: 3 } });
  });
  expect(screen.getByText('true power 1 events 0 gaps load 3')).toBeTruthy();
  expect(screen.getByRole('status').textContent).toBe('Live');
  socket.sent = [];
  expect(send({ type: 'incident_action' })).toBe(true);
  expect(socket.types()).toEqual(['incident_action']);
  await act(async () => socket.end(1006));
  expect(screen.getByText('false power 1 events 0 gaps load 3')).toBeTruthy();
  await act(async () => client.connect());
  await act(async () => {
    ScriptedSocket.last.open();
    ScriptedSocket.last.say({ type: 'connection_established' });
  });
  expect(screen.getByText('true power 1 events 1 gaps load 3')).toBeTruthy();
  client.close();
});
