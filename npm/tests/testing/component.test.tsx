// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { StrictMode } from 'react';
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';

import { init } from '../../src/index.js';
import { SteadfastProvider, useEvents, useLatest, useStatus } from '../../src/react/index.js';
import { type TestServer, createTestServer } from '../../src/testing/index.js';
import { RealTimeNotifications } from '../../src/ui/index.js';
import { eventually } from '../support/patience.js';

beforeAll(() => init({ wasm: new Uint8Array(readFileSync('build/core.wasm')) }));

let server: TestServer;
beforeEach(() => { server = createTestServer(); });
afterEach(() => {
  cleanup();
  server.close();
});

function Incidents() {
  const { events, gaps } = useEvents('incidents');
  const { state, transport } = useStatus();
  const load = useLatest('kpis', 'site-1')?.payload;
  return (
    <section>
      <p>{state} by {transport}, load {String(load)}</p>
      <ul>{events.map(({ id, payload }) => <li key={id}>{(payload as { incident: { title: string } }).incident.title}</li>)}</ul>
      {gaps.length > 0 && <p>{gaps.length} stretches were lost</p>}
    </section>
  );
}

test('the example of the documentation', async () => {
  const client = server.createClient();
  render(<SteadfastProvider client={client}><Incidents /></SteadfastProvider>);
  await act(() => server.expectSubscribed('incidents'));

  server.publish('incidents', 'incident_alert', { incident: { title: 'Power loss' } }, { priority: 'critical' });
  await screen.findByText('Power loss');

  server.drop();
  server.publish('incidents', 'incident_alert', { incident: { title: 'While away' } });
  await screen.findByText('While away');

  server.loseHistory('incidents');
  await screen.findByText(/were lost/);
});

test('a provider makes its own client of the options; strict mode opens one connection; nothing is complained of', async () => {
  const complaints = vi.spyOn(console, 'error');
  const page = render(<StrictMode><SteadfastProvider options={server.options}><Incidents /></SteadfastProvider></StrictMode>);
  await act(() => server.expectSubscribed('kpis'));
  expect(server.connections).toEqual([{ user: 'test', transport: 'websocket', topics: ['user', 'incidents', 'kpis'] }]);
  await act(() => {
    server.publish('kpis', 'kpi_update', 7, { key: 'site-1' });
    return server.idle();
  });
  expect(screen.getByText('connected by websocket, load 7')).toBeTruthy();
  page.unmount();
  await eventually(() => expect(server.connections).toEqual([]));
  expect(complaints).not.toHaveBeenCalled();
});

test('a list begins with the history that it asks for; one that joins it begins with what comes next', async () => {
  for (const title of ['First', 'Second', 'Third']) server.publish('incidents', 'incident_alert', { incident: { title } });
  const client = server.createClient();
  const list = (name: string) => <section aria-label={name}><RealTimeNotifications client={client} topics={['incidents']} history={2} /></section>;
  const titles = (name: string) => [...screen.getByLabelText(name).querySelectorAll('.sf-list strong')].map((title) => title.textContent);
  const page = render(<>{list('early')}</>);
  await eventually(() => expect(titles('early')).toEqual(['Third', 'Second']));
  page.rerender(<>{list('early')}{list('late')}</>);
  await act(() => server.idle());
  server.publish('incidents', 'incident_alert', { incident: { title: 'Fourth' } });
  await eventually(() => expect([titles('early'), titles('late')]).toEqual([['Fourth', 'Third', 'Second'], ['Fourth']]));
});
