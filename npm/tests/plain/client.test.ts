import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket as Peer, WebSocketServer } from 'ws';

import { type PlainClientOptions, createPlainClient, topicOfType } from '../../src/plain/index.js';
import type { Client, Delivery } from '../../src/types.js';
import { eventually } from '../support/patience.js';
import { WebSocket } from '../support/server.js';

/** A server as the two documents write theirs, over real sockets. */
let server: WebSocketServer;
let peers: Peer[];
let heard: Record<string, unknown>[];
let client: Client;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  [peers, heard] = [[], []];
  server.on('connection', (peer, { url }) => {
    const flat = url?.startsWith('/api/v1/notifications/ws/');
    peers.push(peer);
    peer.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string };
      if (message.type === 'heartbeat') peer.send('{"type":"heartbeat_ack","timestamp":"2026-01-02T03:04:05"}');
      else if (message.type === 'ping') peer.send('{"type":"pong"}');
      else heard.push(message);
    });
    if (flat) peer.send('{"type":"connection_established","timestamp":"2026-01-02T03:04:05.123456","connection_key":"towerco:ana"}');
  });
});
afterEach(() => {
  client.close();
  server.close();
  peers.forEach((peer) => peer.terminate());
});

async function make(options: Partial<PlainClientOptions> = {}): Promise<Client> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createPlainClient({ dialect: 'flat', url, tenant: 'towerco', user: 'ana', WebSocket, logLevel: 'silent', reconnectInterval: 10, ...options });
  await connected();
  return client;
}

const connected = () => eventually(() => expect(client.status.state).toBe('connected'));
const say = (message: object | string) => peers.at(-1)?.send(typeof message === 'string' ? message : JSON.stringify(message));

function follow(topic: string): Delivery[] {
  const saw: Delivery[] = [];
  client.subscribe(topic, {
    onEvent: (event) => saw.push({ kind: 'event', event }), onGap: (gap) => saw.push({ kind: 'gap', gap }), onLive: () => saw.push({ kind: 'live' }),
  });
  return saw;
}

test('flat: the payload is what stands beside the envelope; times without a zone are UTC', async () => {
  await make();
  const [incidents, kpis] = [follow('incidents'), follow('kpis')];
  say({ type: 'incident_alert', priority: 'critical', incident: { id: 'i' }, timestamp: '2026-01-02T03:04:05', requires_acknowledgment: true });
  say({ type: 'kpi_update', site_id: 'A1', kpi_data: { load: 3 }, timestamp: '2026-01-02T03:04:05.123456' });
  say({ type: 'kpi_update', payload: [1], id: 'n1', correlation_id: 'c', timestamp: '2026-01-02T03:04:05+01:00' });
  await eventually(() => expect(kpis).toHaveLength(3));
  expect(incidents[1]).toEqual({ kind: 'event', event: {
    type: 'incident_alert', topic: 'incidents', payload: { incident: { id: 'i' } }, priority: 'critical', requiresAcknowledgment: true, replay: false,
    timestamp: '2026-01-02T03:04:05Z',
  } });
  expect(kpis).toMatchObject([{ kind: 'live' },
    { event: { key: 'A1', payload: { site_id: 'A1', kpi_data: { load: 3 } }, timestamp: '2026-01-02T03:04:05.123456Z' } },
    { event: { id: 'n1', payload: [1], correlationId: 'c', timestamp: '2026-01-02T03:04:05+01:00' } },
  ]);
  expect(client.statistics()).toMatchObject({ opens: 1, delivered: 3, gaps: 0 });
});

test('nested: the payload is a member', async () => {
  await make({ dialect: 'nested' });
  const threats = follow('threats');
  say({ type: 'threat.detected', payload: { threat_id: 't' }, timestamp: '2026-01-02T03:04:05', correlation_id: null });
  await eventually(() => expect(threats).toHaveLength(2));
  expect(threats[1]).toMatchObject({ event: { type: 'threat.detected', payload: { threat_id: 't' } } });
  expect(client.send('typing', { text: 'x' })).toBe(true);
  await eventually(() => expect(heard).toMatchObject([{ type: 'subscribe', payload: { topics: ['threats'] } }, { type: 'typing', payload: { text: 'x' } }]));
  await eventually(() => expect(client.debugReport()).toContain('answers heartbeats'));
});

test('a reconnect is a gap for each topic that was live, and the topics are asked for again', async () => {
  await make();
  const [incidents, kpis] = [follow('incidents'), follow('kpis')];
  await eventually(() => expect(kpis).toHaveLength(1));
  heard = [];
  peers[0]?.terminate();
  await eventually(() => expect(peers).toHaveLength(2));
  await connected();
  const gap = (topic: string) => [{ kind: 'live' }, { kind: 'gap', gap: { topic, reason: 'not_resumed' } }, { kind: 'live' }];
  expect([incidents, kpis]).toEqual([gap('incidents'), gap('kpis')]);
  expect(client.statistics().gaps).toBe(2);
  await eventually(() => expect(heard).toMatchObject([{ type: 'subscribe', topics: ['incidents', 'kpis'] }]));
});

test('kpis with keys asks for those sites alone, and gives those alone', async () => {
  await make();
  const seen: unknown[] = [];
  const stop = client.subscribe('kpis', { onEvent: ({ key }) => seen.push(key) }, { keys: ['A1'] });
  client.subscribe('kpis', {}, { keys: ['B2'] });
  await eventually(() => expect(heard.filter(({ type }) => type === 'subscribe_kpis').map((message) => message.site_ids)).toEqual([['A1'], ['A1', 'B2']]));
  for (const site_id of ['B2', 'A1']) say({ type: 'kpi_update', site_id, kpi_data: {} });
  await eventually(() => expect(seen).toEqual(['A1']));
  stop();
  say({ type: 'kpi_update', site_id: 'A1', kpi_data: {} });
  say('not json');
  await eventually(() => expect(client.statistics().badFrames).toBe(1));
  expect(seen).toEqual(['A1']);
});

describe('what a plain server cannot do is said', () => {
  test('of messages', async () => {
    await make();
    await expect(client.publish('notes', 'note', 1)).rejects.toMatchObject({ code: 'unsupported', retryable: false, message: /takes no publishes/ });
    await expect(client.acknowledge('x')).rejects.toMatchObject({ code: 'unsupported', message: /no acknowledgements/ });
    expect(await client.request('incident_action', { action: 'assign', incident_id: 'i', type: 'inner' })).toEqual({ payload: undefined, duplicate: false });
    await eventually(() => expect(heard).toMatchObject([{ type: 'incident_action', action: 'assign', incident_id: 'i' }]));
    client.disconnect();
    await expect(client.request('incident_action', {})).rejects.toMatchObject({ code: 'unavailable', retryable: true, mayHaveTakenEffect: false });
    expect(client.send('x')).toBe(false);
    await expect(client.request('x', 1n)).rejects.toMatchObject({ code: 'bad_payload' });
    await expect(client.request('x', new Uint8Array(1))).rejects.toMatchObject({ code: 'bad_payload' });
    expect(() => client.send(7 as never)).toThrow(/`type` must be a text/);
  });

  test('of what was before', async () => {
    const warn = vi.fn();
    await make({ logLevel: 'warn', logger: { warn, error: warn, info: warn, debug: warn } });
    client.subscribe('incidents', {}, { history: 10 });
    expect(warn.mock.calls[0]?.join(' ')).toMatch(/keeps no history, so `history` and `cursor` do nothing/);
  });
});

test('what comes in another shape is counted and said; a listener may throw', async () => {
  const said: string[] = [];
  const log = (...values: unknown[]) => void said.push(values.join(' '));
  await make({ logLevel: 'warn', logger: { warn: log, error: log, info: log, debug: log } });
  client.subscribe('incidents', { onEvent: () => { throw new Error('careless'); } });
  const seen = follow('incidents');
  for (const bad of ['not json', '[]', 'null', '7', '{"type":5}', '{"type":""}', '{}']) say(bad);
  say({ type: 'incident_alert' });
  await eventually(() => expect(seen).toHaveLength(2));
  expect(client.statistics()).toMatchObject({ badFrames: 7, listenerErrors: 1, delivered: 1 });
  expect(said.filter((line) => line.includes('no object with a type'))).toHaveLength(7);
});

test('an unread stream is bounded, and says what it could not hold', async () => {
  await make();
  const stream = client.stream('incidents');
  for (let index = 0; index < 1_030; index += 1) say({ type: 'incident_alert', incident: index });
  await eventually(() => expect(client.statistics().delivered).toBe(1_030));
  const read: Delivery[] = [];
  for await (const delivery of stream) {
    read.push(delivery);
    if (read.length === 1_025) say({ type: 'incident_alert', incident: 'later' });
    if (delivery.kind === 'gap') break;
  }
  expect(read.filter(({ kind }) => kind === 'event')).toHaveLength(1_024);
  expect(read.at(-1)).toEqual({ kind: 'gap', gap: { topic: 'incidents', reason: 'slow_consumer' } });
  expect((await stream.next()).done).toBe(true);
});

test('closing ends streams, and everything after says so', async () => {
  await make();
  const next = client.stream('incidents').next();
  client.close();
  expect((await next).done).toBe(true);
  expect(client.status.state).toBe('closed');
  expect(() => client.connect()).toThrow(/closed; make a new one/);
  expect(() => client.subscribe('x', {})).toThrow(/closed/);
  await expect(client.request('x')).rejects.toMatchObject({ code: 'closed' });
  await eventually(() => expect(peers[0]?.readyState).toBe(3));
});

test('a wrong option is one sentence', () => {
  const good = { dialect: 'flat', url: 'https://host', tenant: 't', user: 'u', autoConnect: false };
  client = createPlainClient(good as PlainClientOptions);
  for (const [change, message] of [
    [{ dialect: 'xml' }, /`dialect` must be one of nested, flat/], [{ dialect: undefined }, /`dialect` must be one of/],
    [{ tenant: '' }, /`tenant` must be given/], [{ user: undefined }, /`user` must be given: .*flat dialect/],
    [{ url: undefined }, /`url` must be a string, and is undefined/], [{ url: 'https://a:secret@host' }, /no user, password/], [{ url: 'secret' }, /`url` must be https/],
    [{ reconnectInterval: '5s' }, /`reconnectInterval` must be a number, and is string/], [{ reconnectInterval: -1 }, /zero or more/],
    [{ heartbeat: 1 }, /no option `heartbeat`; there are .*heartbeatInterval/], [{ getToken: 'secret' }, /`getToken` must be a function, and is string/],
  ] as const) {
    const attempt = () => createPlainClient({ ...good, ...change } as unknown as PlainClientOptions);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/secret/);
  }
  expect(() => createPlainClient(undefined as never)).toThrow(/`options` must be an object: createPlainClient\(/);
});

test('each type of both systems has its topic', () => {
  expect(Object.fromEntries([
    'incident_alert', 'incident_escalated', 'kpi_update', 'site_status', 'system_notification', 'threat.detected', 'encounter.started',
    'transcription.chunk', 'system.health', 'user_action', 'constructor',
  ].map((type) => [type, topicOfType(type)]))).toEqual({
    incident_alert: 'incidents', incident_escalated: 'incidents', kpi_update: 'kpis', site_status: 'sites', system_notification: 'system_notifications',
    'threat.detected': 'threats', 'encounter.started': 'encounters', 'transcription.chunk': 'transcription', 'system.health': 'system',
    user_action: 'user_action', constructor: 'constructor',
  });
});
