import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { type PlainClientOptions, createPlainClient } from '../../src/plain/index.js';
import type { Client } from '../../src/types.js';
import { ScriptedSocket, WebSocket } from './socket.js';

let client: Client;
beforeEach(() => {
  vi.useFakeTimers();
  ScriptedSocket.all = [];
});
afterEach(() => {
  client.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function make(options: Partial<PlainClientOptions> = {}): ScriptedSocket {
  client = createPlainClient({ dialect: 'flat', url: 'https://host/ops/', tenant: 'towerco', user: 'ana b', WebSocket, logLevel: 'silent', ...options });
  return ScriptedSocket.last;
}

const established = { type: 'connection_established', connection_key: 'towerco:ana' };
const advance = (time: number) => vi.advanceTimersByTimeAsync(time);

test('the address is the dialect’s, the token is in it alone, and no subprotocol is offered', async () => {
  make({ getToken: () => 's3cret&' });
  await advance(0);
  expect(ScriptedSocket.last.url).toBe('wss://host/ops/api/v1/notifications/ws/towerco/ana%20b?token=s3cret%26');
  expect(ScriptedSocket.last.protocols).toBeUndefined();
  expect(client.debugReport()).not.toContain('s3cret');
  client.close();
  expect(make({ dialect: 'nested', user: undefined as never, url: 'http://host' }).url).toBe('ws://host/ws/towerco');
});

test('it is connected with the first message, never by being open; or after 5 s', async () => {
  const socket = make();
  socket.open();
  expect(client.status.state).toBe('connecting');
  expect(client.send('x')).toBe(false);
  socket.say(established);
  expect(client.status).toMatchObject({ state: 'connected', transport: 'websocket', attempt: 0 });
  client.close();
  const silent = make({ dialect: 'nested' });
  silent.open();
  await advance(4_999);
  expect(client.status.state).toBe('connecting');
  await advance(1);
  expect(client.status.state).toBe('connected');
  expect(client.debugReport()).toContain('not proven');
});

describe('a link that dies without a word', () => {
  test.each([['flat', 'heartbeat', 'heartbeat_ack'], ['nested', 'ping', 'pong']] as const)('%s: a server that answered a heartbeat must answer all', async (dialect, ask, answer) => {
    const socket = make({ dialect });
    socket.open();
    expect(socket.types()).toEqual([ask]);
    socket.say({ type: answer });
    await advance(30_000);
    expect(socket.types()).toEqual([ask]);
    socket.say({ type: 'anything' });
    await advance(39_999);
    expect(client.status.state).toBe('connected');
    await advance(1);
    expect(client.status).toMatchObject({ state: 'connecting', reason: { code: 4408, retryable: true } });
    expect(socket.readyState).toBe(3);
  });

  test('one that never answered is left alone', async () => {
    make().open();
    await advance(600_000);
    expect(client.status.state).toBe('connected');
    expect(ScriptedSocket.all).toHaveLength(1);
  });

  test('one that does not open is given up', async () => {
    const socket = make({ connectTimeout: 700 });
    await advance(700);
    expect([client.status.reason?.code, socket.readyState]).toEqual([4408, 3]);
  });
});

test('attempts are spread over windows that double up to the cap, and begin anew once it was stable', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.999);
  const waits: number[] = [];
  make();
  for (let failure = 0; failure < 6; failure += 1) {
    ScriptedSocket.last.end(1006);
    const wait = (client.status.retryAt ?? 0) - Date.now();
    waits.push(Math.round(wait / 1_000));
    await advance(wait);
  }
  expect(waits).toEqual([3, 6, 12, 24, 30, 30]);
  expect(client.status.attempt).toBe(6);
  ScriptedSocket.last.open();
  ScriptedSocket.last.say(established);
  await advance(30_000);
  expect(client.status).toMatchObject({ attempt: 0, reason: null });
  vi.mocked(Math.random).mockReturnValue(0);
  ScriptedSocket.last.end(1000);
  expect((client.status.retryAt ?? 0) - Date.now()).toBe(100);
  await advance(100);
  ScriptedSocket.last.end(1012);
  expect((client.status.retryAt ?? 0) - Date.now()).toBe(5_000);
});

test('it gives up where it is told to, and connects anew when asked', async () => {
  const socket = make({ maxReconnectAttempts: 1 });
  socket.end(1006);
  await advance(3_000);
  ScriptedSocket.last.end(1006);
  expect(client.status).toMatchObject({ state: 'closed', retryAt: null, reason: { code: 1006, retryable: false } });
  client.connect();
  expect([ScriptedSocket.all.length, client.status.state]).toEqual([3, 'connecting']);
  client.disconnect();
  expect([ScriptedSocket.last.readyState, client.status.state]).toEqual([3, 'disconnected']);
  await advance(60_000);
  expect(ScriptedSocket.all).toHaveLength(3);
});

test('a refused token is renewed once; a second refusal, or a final code, stops it', async () => {
  const asked: boolean[] = [];
  make({ getToken: ({ renew }) => { asked.push(renew); return `t${asked.length}`; } });
  await advance(0);
  ScriptedSocket.last.end(1008);
  await advance(0);
  expect([asked, ScriptedSocket.last.url.endsWith('token=t2')]).toEqual([[false, true], true]);
  ScriptedSocket.last.end(4401);
  expect(client.status).toMatchObject({ state: 'closed', reason: { code: 4401 } });
  client.close();
  make().end(4403);
  expect(client.status).toMatchObject({ state: 'closed', reason: { code: 4403 } });
});

test('getToken that fails is said and asked again; one that says so stops it', async () => {
  let retryable = true;
  make({ getToken: () => Promise.reject(Object.assign(new Error('signed out'), { retryable })) });
  await advance(0);
  expect(client.status).toMatchObject({ state: 'connecting', reason: { code: 4401, message: 'getToken failed: signed out' } });
  retryable = false;
  await advance(3_000);
  expect(client.status).toMatchObject({ state: 'closed', reason: { code: 4401, retryable: false } });
});

test('no WebSocket, or one that throws', async () => {
  vi.stubGlobal('WebSocket', undefined);
  make({ WebSocket: undefined as never });
  expect(client.status.state).toBe('closed');
  client.close();
  make({ WebSocket: class { constructor() { throw new Error('the policy forbids it'); } } as never });
  expect(client.status).toMatchObject({ state: 'connecting', reason: { code: 1006 } });
  vi.unstubAllGlobals();
});

test('a path means the page’s own origin: where there is no page, a client can be made and says why it cannot connect', () => {
  const error = vi.fn();
  make({ url: '/ops', autoConnect: false, logLevel: 'error', logger: { ...console, error } });
  expect(client.status.state).toBe('disconnected');
  client.connect();
  expect(client.status.state).toBe('closed');
  expect(error.mock.calls.flat().join(' ')).toMatch(/in a page a path/);
  client.close();
  vi.stubGlobal('location', { href: 'https://page.example.org/some/where' });
  expect(make({ url: '/ops' }).url).toMatch(/^wss:\/\/page\.example\.org\/ops\/api\/v1\/notifications\/ws\/towerco\/ana%20b/);
  vi.unstubAllGlobals();
});
