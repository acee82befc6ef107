import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { init } from '../../src/index.js';
import { type TestServer, createTestServer } from '../../src/testing/index.js';
import type { Client } from '../../src/types.js';
import { eventually } from '../support/patience.js';

beforeAll(() => init({ wasm: new Uint8Array(readFileSync(new URL('../../build/core.wasm', import.meta.url))) }));

let server: TestServer;
beforeEach(() => { server = createTestServer(); });
afterEach(() => {
  server.close();
  vi.useRealTimers();
});

/** Follows a topic, and tells what came of it in short. */
function follow(client: Client, topic: string): string[] {
  const saw: string[] = [];
  client.subscribe(topic, {
    onEvent: ({ type, offset, key }) => saw.push([type, key ?? offset].join(' ')),
    onDeleted: ({ key }) => saw.push(`deleted ${key}`),
    onGap: ({ reason, lost }) => saw.push(`gap ${reason} ${lost}`),
    onReset: () => saw.push('reset'),
    onLive: () => saw.push('live'),
    onFailed: ({ code }) => saw.push(`failed ${code}`),
  });
  return saw;
}

test('events are there once it is idle, in order, and in one go', async () => {
  const saw = follow(server.createClient(), 'incidents');
  await server.expectSubscribed('incidents');
  for (let index = 1; index <= 1_000; index += 1) server.publish('incidents', 'n', index);
  expect(saw).toEqual(['live']);
  await server.idle();
  expect(saw.slice(1)).toEqual(Array.from({ length: 1_000 }, (_, index) => `n ${index + 1}`));
});

test('nobody is subscribed: it says who is, and to what', async () => {
  await expect(server.expectSubscribed('incidents')).rejects.toThrow('no client follows `incidents`; 0 connected, following nothing');
  const stop = server.createClient().subscribe('kpis', {});
  await server.expectSubscribed('kpis');
  await expect(server.expectSubscribed('incidents')).rejects.toThrow('1 connected, following user, kpis');
  expect(server.connections).toEqual([{ user: 'test', transport: 'websocket', topics: ['user', 'kpis'] }]);
  stop();
  await expect(server.expectSubscribed('kpis')).rejects.toThrow('1 connected, following user');
});

describe('a loss is told', () => {
  test('to who follows a log at once, and to who is away when coming back', async () => {
    const client = server.createClient();
    const saw = follow(client, 'incidents');
    await server.idle();
    server.loseHistory('incidents', 3);
    server.publish('incidents', 'after');
    await server.idle();
    expect(saw).toEqual(['live', 'gap slow_consumer 1,3', 'after 4']);
    client.disconnect();
    server.publish('incidents', 'unread');
    server.loseHistory('incidents', 0);
    client.connect();
    await server.idle();
    expect(saw.slice(3)).toEqual(['gap history_evicted 5,5', 'live']);
  });

  test('to who follows a state: all values come anew', async () => {
    server.publish('kpis', 'kpi', 1, { key: 'a' });
    server.publish('kpis', 'kpi', 2, { key: 'b' });
    const saw = follow(server.createClient(), 'kpis');
    await server.idle();
    server.publish('kpis', 'kpi', undefined, { key: 'b', deleted: true });
    server.loseHistory('kpis');
    await server.idle();
    expect(saw).toEqual(['kpi a', 'kpi b', 'live', 'reset', 'kpi a', 'live']);
  });

  test('to everybody where the server is another', async () => {
    server.publish('incidents', 'before');
    const saw = follow(server.createClient(), 'incidents');
    await server.idle();
    server.restart();
    server.publish('incidents', 'new');
    await eventually(() => expect(saw).toEqual(['live', 'gap epoch_changed undefined', 'new 1', 'live']));
  });
});

test('connections die and come back by themselves; what was missed follows', async () => {
  const client = server.createClient();
  const saw = follow(client, 'incidents');
  await server.idle();
  server.drop();
  server.publish('incidents', 'missed');
  await server.idle();
  expect([client.status.state, client.status.reason?.code, server.connections]).toEqual(['connecting', 1006, []]);
  await eventually(() => expect(saw).toEqual(['live', 'missed 1', 'live']));
});

test('without WebSockets it polls, without a server it is not connected, and it comes back', async () => {
  server.refuseWebSockets(true);
  const client = server.createClient();
  const saw = follow(client, 'incidents');
  await eventually(() => expect(client.status).toMatchObject({ state: 'connected', transport: 'polling' }));
  await server.expectSubscribed('incidents');
  server.publish('incidents', 'polled');
  await eventually(() => expect(saw).toEqual(['live', 'polled 1']));
  server.down();
  await eventually(() => expect(client.status.state).toBe('connecting'));
  expect(server.connections).toEqual([]);
  server.refuseWebSockets(false);
  server.up();
  await eventually(() => expect(client.status).toMatchObject({ state: 'connected', transport: 'websocket' }));
});

test('what clients publish, ask and acknowledge is there to be looked at', async () => {
  const client = server.createClient();
  const open = follow(client, 'open:alerts');
  server.answerRequest('incident_action', (payload, { user }) => ({ payload, user }));
  server.answerRequest('fixed', 7);
  server.answerRequest('refused', () => { throw Object.assign(new Error('not now'), { code: 'rate_limited', retryable: true }); });
  const { id } = server.publish('alerts', 'alert', null, { requiresAcknowledgment: true });
  await client.publish('notes', 'note', { text: 'x' }, { priority: 'low', correlationId: 'c' });
  expect(client.send('clicked', 1)).toBe(true);
  expect(await client.request('incident_action', { id: 'i' })).toEqual({ payload: { payload: { id: 'i' }, user: 'test' }, duplicate: false });
  expect((await client.request('fixed')).payload).toBe(7);
  await expect(client.request('refused')).rejects.toMatchObject({ code: 'rate_limited', message: 'not now', retryable: true });
  await expect(client.request('unknown')).rejects.toMatchObject({ code: 'unsupported', retryable: false });
  expect(await client.acknowledge([id, 'nobody'], 'seen')).toEqual({ unknown: ['nobody'] });
  expect(server.messages).toEqual([{ user: 'test', topic: 'notes', type: 'note', payload: { text: 'x' }, priority: 'low', correlationId: 'c' }]);
  expect(server.requests.map(({ type }) => type)).toEqual(['clicked', 'incident_action', 'fixed', 'refused', 'unknown']);
  expect(server.acknowledgements).toEqual([{ user: 'test', id, note: 'seen' }]);
  expect(server.acknowledge([id, 'nobody'])).toEqual(['nobody']);
  await server.idle();
  expect(open).toEqual([`alert ${id}`, 'live', `deleted ${id}`]);
});

test('a request whose answer was lost is carried out once, and answered when the client is back', async () => {
  const client = server.createClient();
  await server.idle();
  server.answerRequest('charge', () => {
    server.drop();
    return server.requests.length;
  });
  expect(await client.request('charge')).toEqual({ payload: 1, duplicate: true });
  expect(server.requests).toHaveLength(1);
  expect(client.statistics()).toMatchObject({ resends: 1, welcomes: 2 });
});

test('a topic that is forbidden while it is followed', async () => {
  const client = server.createClient();
  const saw = follow(client, 'secret');
  await server.idle();
  server.forbid('secret');
  await server.idle();
  expect(saw).toEqual(['live', 'failed forbidden']);
  await expect(client.publish('secret', 'x', 1)).rejects.toMatchObject({ code: 'forbidden' });
  server.forbid('secret', false);
  expect(await client.publish('secret', 'x', 1)).toMatchObject({ payload: { offset: 1 } });
});

test('tokens end and are renewed; users have topics of their own', async () => {
  server = createTestServer({ authenticate: (token) => (token.startsWith('old') ? null : token.split('-')[0] ?? null) });
  let tokens = ['ana-1', 'ana-2'];
  const asked: boolean[] = [];
  const ana = server.createClient({ getToken: ({ renew }) => { asked.push(renew); return tokens.shift() ?? 'old'; } });
  const bob = server.createClient({ getToken: () => 'bob-1' });
  const [hers, his] = [follow(ana, 'user'), follow(bob, 'user')];
  await server.idle();
  server.publish('user', 'for-ana', 1, { user: 'ana' });
  server.expireTokens();
  await server.idle();
  expect([hers, his]).toEqual([['live', 'for-ana 1'], ['live']]);
  expect([asked, ana.status.state]).toEqual([[false, true], 'connected']);
  tokens = [];
  server.expireTokens();
  await eventually(() => expect(ana.status).toMatchObject({ state: 'closed', reason: { code: 4401 } }));
  expect(bob.status.state).toBe('connected');
});

test('with fake timers nothing waits but the client’s own pauses', async () => {
  await server.idle();
  vi.useFakeTimers();
  const client = server.createClient();
  const saw = follow(client, 'incidents');
  await server.expectSubscribed('incidents');
  server.publish('incidents', 'x');
  await server.idle();
  // No heartbeat is missed, whatever the clock says.
  await vi.advanceTimersByTimeAsync(600_000);
  expect([client.status.state, saw]).toEqual(['connected', ['live', 'x 1']]);
  server.drop();
  await server.idle();
  expect(client.status.state).toBe('connecting');
  await vi.advanceTimersByTimeAsync(100);
  expect(client.status).toMatchObject({ state: 'connected', transport: 'websocket' });
  server.refuseWebSockets(true);
  await vi.advanceTimersByTimeAsync(400);
  expect(client.status).toMatchObject({ state: 'connected', transport: 'polling' });
  server.publish('incidents', 'y');
  await server.idle();
  await vi.advanceTimersByTimeAsync(110);
  expect(saw.at(-1)).toBe('y 2');
  await vi.advanceTimersByTimeAsync(120_000);
  expect(client.status).toMatchObject({ state: 'connected', transport: 'polling' });
});

test('classes are given by pattern, and checked as on a real server', () => {
  server = createTestServer({ topics: { 'site.*.now': 'state', sites: 'state' } });
  expect(() => server.publish('sites', 'x', 1)).toThrow('a state topic holds values by key; give `key`');
  expect(server.publish('site.1.now', 'x', 1, { key: 'a' })).toMatchObject({ offset: 1 });
  expect(() => server.publish('site.1', 'x', 1, { key: 'a' })).toThrow('only state topics have keys; leave `key` out');
  expect(server.publish('x.progress', 'x', 1)).not.toHaveProperty('offset');
});

test('an answer holds 1,000 events, and says that there is more', async () => {
  for (let index = 0; index < 1_500; index += 1) server.publish('incidents', 'n', index);
  const hello = { type: 'rt.hello', version: 1, token: 't', instance: 'i', link: 1, topics: [{ topic: 'incidents', history: 1_500 }] };
  const answer = await server.options.fetch(`${server.options.url}/api/v1/notifications/poll`, { method: 'POST', body: JSON.stringify([hello]) });
  const frames = await answer.json() as { type: string }[];
  expect([frames.length, frames[0]?.type, frames[1_000]?.type, frames.at(-1)?.type]).toEqual([1_002, 'rt.welcome', 'n', 'rt.more']);
  expect((await server.options.fetch(`${server.options.url}/other`)).status).toBe(404);
});

test('what is closed lets nobody in', async () => {
  const client = server.createClient();
  await server.idle();
  server.close();
  expect(client.status.state).toBe('closed');
  const other = server.createClient();
  await server.idle();
  expect(other.status.state).toBe('connecting');
});
