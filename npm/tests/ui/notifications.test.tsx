// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, renderHook, screen, within } from '@testing-library/react';
import axe from 'axe-core';
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { RealTimeNotifications, useNotifications } from '../../src/ui/index.js';
import { FakeClient } from './fake.js';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const list = () => within(screen.getByRole('list'));
const settle = (change: () => unknown) => act(async () => void (await change()));

async function noViolations() {
  const { violations } = await axe.run(document.body, { rules: { region: { enabled: false }, 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
}

test('an event is listed, counted, toasted, and told to the seed callbacks', async () => {
  const client = new FakeClient();
  const onIncidentAlert = vi.fn();
  const onKPIUpdate = vi.fn();
  render(<RealTimeNotifications client={client} topics={['incidents', 'kpis']} onIncidentAlert={onIncidentAlert} onKPIUpdate={onKPIUpdate} />);
  screen.getByText('No notifications');
  await noViolations();
  await settle(() => {
    client.incident('Power loss');
    client.event('kpi_update', { site_id: 'A1', kpi_data: { load: 3 } }, { topic: 'kpis' });
    client.event('kpi_update', { site_id: 'A2', kpi_data: { threshold_breach: true } }, { topic: 'kpis' });
    client.event('threat.detected', { threat_type: 'ransomware' });
    client.event('system_notification', { title: 'Maintenance', message: 'At noon' });
  });
  expect(list().getByText('Power loss')).toBeTruthy();
  expect(list().getByText('About Power loss')).toBeTruthy();
  expect(list().getByText('Threshold breach at A2')).toBeTruthy();
  expect(list().getByText('ransomware detected')).toBeTruthy();
  expect(list().getByText('At noon')).toBeTruthy();
  expect(list().getAllByRole('listitem')).toHaveLength(4);
  screen.getByText('4 unread');
  expect(onIncidentAlert).toHaveBeenCalledExactlyOnceWith({ title: 'Power loss', description: 'About Power loss' });
  expect(onKPIUpdate.mock.calls).toEqual([[{ load: 3 }], [{ threshold_breach: true }]]);
  expect(within(screen.getByRole('alert')).getByText('Power loss')).toBeTruthy();
  await noViolations();

  fireEvent.click(list().getAllByRole('button', { name: 'Mark as read' })[0] as HTMLElement);
  await screen.findByText('3 unread');
  fireEvent.click(screen.getByRole('button', { name: 'Mark all as read' }));
  await vi.waitFor(() => expect(screen.queryByText(/unread$/)).toBeNull());
});

test('an acknowledgement is pending, fails with the reason, is tried again, and is done', async () => {
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} />);
  let fail: (error: Error) => void = () => undefined;
  client.answer = () => new Promise((_resolve, reject) => void (fail = reject));
  await settle(() => client.incident('Power loss'));
  fireEvent.click(list().getByRole('button', { name: 'Acknowledge' }));
  const pending = await list().findByRole('button', { name: 'Acknowledging…' });
  fireEvent.click(pending);
  expect(client.acknowledged).toEqual(['e1']);
  await noViolations();
  await settle(() => fail(new Error('no answer in time')));
  list().getByText('Not acknowledged: no answer in time');
  await noViolations();
  client.answer = () => Promise.resolve({ unknown: [] });
  await settle(() => fireEvent.click(list().getByRole('button', { name: 'Try again' })));
  expect(client.acknowledged).toEqual(['e1', 'e1']);
  expect(await list().findByText('Acknowledged')).toBeTruthy();
  expect(screen.queryByText(/unread$/)).toBeNull();
  await noViolations();
});

test('what another acknowledges clears here; its own pending acknowledgement is not taken for that', async () => {
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} />);
  await settle(() => client.incident('Power loss'));
  await settle(() => client.settled('e1'));
  expect(list().getByText('Acknowledged elsewhere')).toBeTruthy();
  expect(within(screen.getByRole('alert')).queryByText('Power loss')).toBeNull();
});

test('what is open when the page comes is listed once, and what history says was acknowledged is not open', async () => {
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} />);
  const frame = { type: 'incident_alert', payload: { incident: { title: 'Older' } }, priority: 'critical', requires_acknowledgment: true, rt: { id: 'old', topic: 'incidents', offset: 3 } };
  await settle(() => {
    client.incident('Older', { id: 'old', replay: true });
    client.incident('Settled', { id: 'gone', replay: true });
    client.event('incident_alert', { event: frame, state: 'open', by: [] }, { topic: 'open:incidents', key: 'old', replay: true });
    client.event('incident_alert', { event: { ...frame, rt: { ...frame.rt, id: 'first' }, payload: { incident: { title: 'First' } } }, state: 'open', by: [] }, { topic: 'open:incidents', key: 'first', replay: true });
    client.listeners('open:incidents').forEach((listener) => listener.onLive?.());
  });
  expect(list().getAllByText('Older')).toHaveLength(1);
  expect(list().getByText('First')).toBeTruthy();
  expect(list().getAllByRole('button', { name: 'Acknowledge' })).toHaveLength(2);
  expect(list().getByText('Acknowledged elsewhere')).toBeTruthy();
});

describe('where each person acknowledges for themself', () => {
  const event = { type: 'incident_alert', payload: { incident: { title: 'Power loss' } }, rt: { id: 'e1', topic: 'incidents', offset: 1 } };
  const open = (client: FakeClient, by: unknown) =>
    settle(() => client.event('incident_alert', { event, state: 'open', by }, { topic: 'open:incidents', key: 'e1' }));

  test('it says who has, while it waits for this one', async () => {
    vi.useFakeTimers();
    const client = new FakeClient();
    render(<RealTimeNotifications client={client} topics={['incidents']} />);
    // More than a few changes in a moment are shown when the pause after them is over.
    const shown = async (change: Promise<void>) => {
      await change;
      await settle(() => vi.advanceTimersByTime(100));
    };
    await shown(open(client, []));
    expect(list().queryByText(/^Acknowledged/)).toBeNull();
    await shown(open(client, ['ana', 'ben']));
    list().getByText('Acknowledged by ana, ben');
    await shown(open(client, ['ana', 'ben', 'chloe', 'kim']));
    list().getByText('Acknowledged by 4 others');
    await shown(open(client, 'nonsense'));
    expect(list().queryByText(/^Acknowledged/)).toBeNull();
    await shown(settle(() => fireEvent.click(list().getByRole('button', { name: 'Acknowledge' }))));
    await shown(open(client, ['ana']));
    list().getByText('Acknowledged');
    expect(list().queryByText('Acknowledged by ana')).toBeNull();
  });

  test('it does so accessibly', async () => {
    const client = new FakeClient();
    render(<RealTimeNotifications client={client} topics={['incidents']} />);
    await open(client, ['ana', 'ben']);
    list().getByText('Acknowledged by ana, ben');
    await noViolations();
  });
});

test('history is asked for where it is wished, of the topics themselves', async () => {
  const [plain, asked, headless] = [new FakeClient(), new FakeClient(), new FakeClient()];
  render(<><RealTimeNotifications client={plain} /><RealTimeNotifications client={asked} history={20} /></>);
  renderHook(() => useNotifications({ client: headless, topics: ['incidents'], history: 5 }));
  expect(Object.fromEntries(plain.options)).toEqual({ incidents: {}, 'open:incidents': {}, system_notifications: {}, 'open:system_notifications': {} });
  expect(Object.fromEntries(asked.options)).toEqual({
    incidents: { history: 20 }, 'open:incidents': {}, system_notifications: { history: 20 }, 'open:system_notifications': {},
  });
  expect(headless.options.get('incidents')).toEqual({ history: 5 });
});

describe('of history and what is open, whichever comes first', () => {
  const NUMBERS = [3, 4, 5, 6];
  const OPEN = [1, 4, 6];
  const log = (client: FakeClient) =>
    NUMBERS.forEach((number) => client.incident(`Number ${number}`, { id: `n${number}`, offset: number, replay: true }));
  const open = (client: FakeClient) => {
    for (const number of OPEN) {
      const event = { type: 'incident_alert', payload: { incident: { title: `Number ${number}` } }, rt: { id: `n${number}`, topic: 'incidents', offset: number } };
      client.event('incident_alert', { event, state: 'open', by: [] }, { topic: 'open:incidents', key: `n${number}`, replay: true });
    }
    client.listeners('open:incidents').forEach((listener) => listener.onLive?.());
  };
  const titles = () => list().getAllByText(/^Number/).map((title) => title.textContent);

  test.each([['history', [log, open]], ['what is open', [open, log]]] as const)('%s: the newest is first, and what is settled is read', async (_first, order) => {
    const client = new FakeClient();
    render(<RealTimeNotifications client={client} topics={['incidents']} history={4} />);
    await settle(() => order.forEach((tell) => tell(client)));
    expect(titles()).toEqual(['Number 6', 'Number 5', 'Number 4', 'Number 3', 'Number 1']);
    expect(list().getAllByRole('button', { name: 'Acknowledge' })).toHaveLength(3);
    expect(list().getAllByText('Acknowledged elsewhere')).toHaveLength(2);
    screen.getByText('3 unread');
  });

  test('behind a gap the numbers may begin anew: what comes after it stands above', async () => {
    const client = new FakeClient();
    render(<RealTimeNotifications client={client} topics={['incidents']} history={4} />);
    await settle(() => {
      log(client);
      client.listeners('incidents').forEach((listener) => listener.onGap?.({ topic: 'incidents', reason: 'epoch_changed' }));
      client.incident('Number 1', { id: 'new', offset: 1, replay: true });
    });
    expect(titles()[0]).toBe('Number 1');
  });
});

test('what nobody has to acknowledge is not said to be acknowledged once it is known what is open', async () => {
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} history={4} />);
  await settle(() => {
    client.event('system_notification', { title: 'Notice', message: 'm' }, { replay: true });
    client.incident('Settled', { id: 'gone', replay: true });
    client.listeners('open:incidents').forEach((listener) => listener.onLive?.());
  });
  list().getByText('Notice');
  expect(list().getAllByText('Acknowledged elsewhere')).toHaveLength(1);
});

test('toasts go by themselves, except critical ones', async () => {
  vi.useFakeTimers();
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} />);
  await settle(() => {
    client.incident('Power loss');
    client.event('system_notification', { title: 'Notice', message: 'm' });
    client.event('system_notification', { title: 'Trouble', message: 'm' }, { priority: 'error' });
    client.event('system_notification', { title: 'Before', message: 'm' }, { replay: true });
  });
  const toasts = () => [...document.querySelectorAll('.sf-toast strong')].map((title) => title.textContent);
  expect(toasts()).toEqual(['Power loss', 'Trouble', 'Notice']);
  await settle(() => vi.advanceTimersByTime(5_000));
  expect(toasts()).toEqual(['Power loss', 'Trouble']);
  await settle(() => vi.advanceTimersByTime(3_000));
  expect(toasts()).toEqual(['Power loss']);
  await settle(() => vi.advanceTimersByTime(3_600_000));
  expect(toasts()).toEqual(['Power loss']);
  fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
  expect(toasts()).toEqual([]);
  list().getByRole('button', { name: 'Acknowledge' });
});

test('a gap and a refused topic stand in the list, in their place', async () => {
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} />);
  await settle(() => {
    client.event('system_notification', { title: 'Before' });
    client.listeners('incidents').forEach((listener) => listener.onGap?.({ topic: 'incidents', reason: 'history_evicted', lost: [4, 6] }));
    client.event('system_notification', { title: 'After' });
    client.listeners('incidents').forEach((listener) => listener.onFailed?.(Object.assign(new Error('not permitted'), { name: 'SteadfastError' as const, code: 'forbidden', retryable: false, mayHaveTakenEffect: false })));
  });
  const rows = list().getAllByRole('listitem').map((row) => row.textContent);
  expect(rows[0]).toBe('incidents is not available: not permitted');
  expect(rows[1]).toContain('After');
  expect(rows[2]).toBe('3 notifications were lost in incidents. Look at the source for the whole picture.');
  expect(rows[3]).toContain('Before');
  await noViolations();
});

test('a burst of 1,000 is bounded, twice the same is shown once, and what is critical is not pushed out in silence', async () => {
  const client = new FakeClient();
  const onEvent = vi.fn();
  render(<RealTimeNotifications client={client} limit={10} onEvent={onEvent} />);
  await settle(() => {
    for (let index = 0; index < 12; index += 1) client.incident(`Critical ${index}`, { id: `c${index}` });
    for (let index = 0; index < 1_000; index += 1) client.event('system_notification', { title: `Notice ${index}` });
    client.incident('Critical 11', { id: 'c11' });
  });
  expect(onEvent).toHaveBeenCalledTimes(1_012);
  expect(list().getAllByRole('listitem')).toHaveLength(10);
  expect(list().getAllByText(/^Critical/)).toHaveLength(10);
  screen.getByText('2 more critical, unacknowledged, not listed for want of room');
  await settle(() => client.settled('c0'));
  screen.getByText('1 more critical, unacknowledged, not listed for want of room');
});

test('StrictMode leaves one subscription, inline callbacks open none, unmounting leaves none', async () => {
  const client = new FakeClient();
  const page = () => <StrictMode><RealTimeNotifications client={client} topics={['incidents']} onEvent={() => undefined} describe={(event) => ({ title: event.type })} /></StrictMode>;
  const { rerender, unmount } = render(page());
  const before = client.listeners('incidents')[0];
  rerender(page());
  expect(client.listeners('incidents')).toEqual([before]);
  await settle(() => client.event('anything', {}));
  expect(list().getAllByRole('listitem')).toHaveLength(1);
  unmount();
  expect(client.listeners('incidents')).toEqual([]);
  expect(client.listeners('open:incidents')).toEqual([]);
});

test('it renders on a server and hydrates without a mismatch', async () => {
  const client = new FakeClient();
  const errors = vi.fn();
  const root = document.body.appendChild(document.createElement('div'));
  root.innerHTML = renderToString(<RealTimeNotifications client={client} />);
  await settle(() => render(<RealTimeNotifications client={client} />, { container: root, hydrate: true, onRecoverableError: errors }));
  expect(errors).not.toHaveBeenCalled();
});

test('texts and rows are replaceable', async () => {
  const client = new FakeClient();
  render(<RealTimeNotifications client={client} strings={{ notifications: 'Meldungen', unread: (count) => `${count} neu` }} renderItem={(item, row) => <div data-testid={item.key}>{row}</div>} />);
  await settle(() => client.incident('Stromausfall'));
  screen.getByRole('heading', { name: 'Meldungen' });
  screen.getByText('1 neu');
  expect(within(screen.getByTestId('e1')).getByText('Stromausfall')).toBeTruthy();
});
