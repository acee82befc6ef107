// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { readFileSync } from 'node:fs';
import { StrictMode, useState } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';

import { init } from '../../src/index.js';
import { SteadfastProvider, useEvents, useLatest, useStatus } from '../../src/react/index.js';
import { type TestServer, createTestServer } from '../../src/testing/index.js';
import { ConnectionStatus, RealTimeNotifications } from '../../src/ui/index.js';

// The real client, from the hook down to the protocol; the server is in the test.
beforeAll(() => init({ wasm: new Uint8Array(readFileSync('build/core.wasm')) }));

let server: TestServer;
let complaints: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  server = createTestServer();
  complaints = vi.spyOn(console, 'error');
});
afterEach(() => {
  cleanup();
  server.close();
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const settle = (change: () => unknown = () => undefined) => act(async () => {
  await change();
  await server.idle();
});

test('a page that a server rendered is taken over without a mismatch, and comes alive over one connection', async () => {
  function Page() {
    const { events, live } = useEvents('incidents', { history: 10 });
    return <p>{useStatus().state}, {events.length}, {String(live)}, {String(useLatest('kpis', 'A1')?.payload)}</p>;
  }
  const page = (
    <StrictMode>
      <SteadfastProvider options={server.options}><Page /><ConnectionStatus /><RealTimeNotifications topics={['incidents']} /></SteadfastProvider>
    </StrictMode>
  );
  server.publish('incidents', 'incident_alert', { incident: { title: 'Before' } });
  const root = document.createElement('div');
  // A server has none, and React 18 complains of layout effects where there is one.
  vi.stubGlobal('document', undefined);
  root.innerHTML = renderToString(page);
  vi.unstubAllGlobals();
  expect(root.querySelector('p')?.textContent).toBe('disconnected, 0, false, undefined');
  document.body.append(root);
  const recovered = vi.fn();
  await settle(() => render(page, { container: root, hydrate: true, onRecoverableError: recovered }));
  expect(root.querySelector('p')?.textContent).toBe('connected, 1, true, undefined');
  await settle(() => server.publish('kpis', 'kpi_update', 7, { key: 'A1' }));
  await settle(() => server.publish('incidents', 'incident_alert', { incident: { title: 'Power loss' } }));
  expect(root.querySelector('p')?.textContent).toBe('connected, 2, true, 7');
  expect(screen.getAllByText('Power loss').length).toBeGreaterThan(0);
  expect(server.connections).toHaveLength(1);
  expect([recovered.mock.calls, complaints.mock.calls]).toEqual([[], []]);
});

test('a burst of 1,000 is whole and in order, and costs a handful of renders', async () => {
  let renders = 0;
  let seen: unknown[] = [];
  function Burst() {
    renders += 1;
    seen = useEvents('incidents', { limit: 1_000 }).events.map(({ payload }) => payload);
    return null;
  }
  render(<StrictMode><SteadfastProvider client={server.createClient()}><Burst /></SteadfastProvider></StrictMode>);
  await settle(() => server.expectSubscribed('incidents'));
  const before = renders;
  await settle(() => {
    for (let index = 0; index < 1_000; index += 1) server.publish('incidents', 'n', index);
  });
  expect(seen).toEqual([...Array(1_000).keys()]);
  // Strict mode renders each twice.
  expect(renders - before).toBeLessThanOrEqual(8);
});

test('a component that comes late to a state topic has its values at once, and one that leaves asks for nothing more', async () => {
  const Load = ({ name }: { name: string }) => <p>{name} {[...useLatest('kpis')].map(([key, { payload }]) => `${key}=${payload}`).join()}</p>;
  let show: (late: boolean) => void = () => undefined;
  function Page() {
    const [late, set] = useState(false);
    show = set;
    return <><Load name="first" />{late && <Load name="late" />}</>;
  }
  render(<StrictMode><SteadfastProvider client={server.createClient()}><Page /></SteadfastProvider></StrictMode>);
  server.publish('kpis', 'kpi_update', 1, { key: 'A1' });
  server.publish('kpis', 'kpi_update', 2, { key: 'B2' });
  await settle();
  server.publish('kpis', 'kpi_update', null, { key: 'B2', deleted: true });
  server.publish('kpis', 'kpi_update', 3, { key: 'C3' });
  await settle();
  expect(screen.getByText('first A1=1,C3=3')).toBeTruthy();
  // No message is needed for it.
  server.down();
  await act(async () => show(true));
  expect(screen.getByText('late A1=1,C3=3')).toBeTruthy();
  await act(async () => show(false));
  expect(screen.queryByText(/^late/)).toBeNull();
});

test('in strict mode an acknowledgement in one tab closes the notification in another', async () => {
  const [one, other] = [server.createClient(), server.createClient()];
  const tab = (client: typeof one, name: string) => (
    <StrictMode><SteadfastProvider client={client}><div aria-label={name} role="group"><RealTimeNotifications topics={['incidents']} toasts={{ max: 0 }} /></div></SteadfastProvider></StrictMode>
  );
  render(<>{tab(one, 'one')}{tab(other, 'other')}</>);
  await settle(() => server.expectSubscribed('open:incidents'));
  await settle(() => server.publish('incidents', 'incident_alert', { incident: { title: 'Power loss' } }, { priority: 'critical', requiresAcknowledgment: true }));
  const [button] = screen.getAllByRole('button', { name: 'Acknowledge' });
  expect(screen.getAllByRole('button', { name: 'Acknowledge' })).toHaveLength(2);
  await settle(() => button?.click());
  expect(screen.queryByRole('button', { name: 'Acknowledge' })).toBeNull();
  expect(screen.getByText('Acknowledged')).toBeTruthy();
  expect(screen.getByText('Acknowledged elsewhere')).toBeTruthy();
  expect(server.acknowledgements).toHaveLength(1);
});
