import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';

import type { ClientOptions, Logger, WasmSource } from '../src/types.js';
import { eventually } from './support/patience.js';
import { WebSocket } from './support/server.js';

const MODULE = new Uint8Array(readFileSync(new URL('../build/core.wasm', import.meta.url)));

// The module is loaded once for a script: each test has a script of its own.
beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

async function make(options: Partial<ClientOptions> = {}, source: () => WasmSource = () => MODULE) {
  const { create } = await import('../src/client.js');
  const said: unknown[][] = [];
  const say = (...values: unknown[]) => void said.push(values);
  const logger: Logger = { error: say, warn: say, info: say, debug: say };
  const client = create({ url: 'http://127.0.0.1:9', getToken: () => 't', WebSocket, logger, ...options }, source);
  const until = (wanted: (state: typeof client.status) => boolean) => new Promise<typeof client.status>((resolve) => {
    const look = (status: typeof client.status) => wanted(status) && resolve(status);
    client.onStatus(look);
    look(client.status);
  });
  return { client, said: () => said.map((line) => line.join(' ')).join('\n'), until };
}

describe('a module that is not to be had is said in one sentence', () => {
  const page = async (status: number, type: string, body: string) => {
    const server = createServer((_, response) => response.writeHead(status, { 'Content-Type': type }).end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/core.wasm`, close: () => server.close() };
  };

  test.each([
    [200, 'text/html', '<!doctype html>', /core\.wasm gave text\/html; serve core\.wasm beside/],
    [404, 'text/plain', 'none', /core\.wasm gave 404; serve/],
    [200, 'application/wasm', '\0asmgarbage', /it cannot be compiled/],
  ])('served as %s %s %s', async (status, type, body, message) => {
    const { url, close } = await page(status, type, body);
    const { client, until } = await make({ wasm: url });
    const sent = client.publish('x', 'y', 1);
    await expect(sent).rejects.toMatchObject({ code: 'wasm_unavailable', retryable: true });
    const { state, reason, retryAt } = await until(({ reason }) => reason !== null);
    expect(reason?.message).toMatch(message);
    expect(state).toBe('loading');
    expect(retryAt).toBeGreaterThan(Date.now() - 10_000);
    client.close();
    close();
  });

  test('forbidden by the page’s policy: the client is crashed, and says what to allow', async () => {
    const refused = new WebAssembly.CompileError('refused');
    const refuse = () => Promise.reject(refused);
    vi.stubGlobal('WebAssembly', { ...Object.fromEntries(['Module', 'instantiate'].map((name) => [name, WebAssembly[name as 'Module']])), compile: refuse });
    const { client, until } = await make();
    const { reason } = await until(({ state }) => state === 'crashed');
    expect(reason).toMatchObject({ retryable: false, message: expect.stringContaining("'wasm-unsafe-eval'") });
    await expect(client.publish('x', 'y', 1)).rejects.toMatchObject({ code: 'wasm_blocked' });
  });
});

describe('getToken may do anything', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['rejects', () => Promise.reject(new Error('signed out')), /getToken failed: signed out/],
    ['throws', () => { throw new Error('boom'); }, /getToken failed: boom/],
    ['gives nothing', () => undefined, /getToken failed: it must give a text/],
    ['gives garbage', () => ({ token: 7 }), /getToken failed: it must give a text/],
    ['gives nonsense for its life', () => ({ token: 't', expiresIn: 'soon' }), /getToken failed: it must give a text/],
  ])('%s: the client says so and tries again', async (_, getToken, message) => {
    const { client, until, said } = await make({ getToken: getToken as ClientOptions['getToken'] });
    const { reason } = await until(({ retryAt }) => retryAt !== null);
    expect(reason).toMatchObject({ code: 4401, retryable: true, message: expect.stringMatching(message) });
    expect(said()).toMatch(message);
    client.close();
  });

  test('says that asking again is of no use: the client stops', async () => {
    const { client, until } = await make({ getToken: () => Promise.reject(Object.assign(new Error('no account'), { retryable: false })) });
    const { reason } = await until(({ state }) => state === 'closed');
    expect(reason).toMatchObject({ code: 4401, retryable: false, message: 'getToken failed: no account' });
    client.close();
  });

  test('never settles: after 30 s its signal is aborted, and it is asked again', async () => {
    vi.useFakeTimers();
    const signals: AbortSignal[] = [];
    const { client, until } = await make({ getToken: ({ signal }) => new Promise(() => void signals.push(signal)) });
    const failed = until(({ retryAt }) => retryAt !== null);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(30_000);
    expect((await failed).reason).toMatchObject({ code: 4401, message: expect.stringMatching(/no answer in 30 s/) });
    expect(signals[0]?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(signals.length).toBeGreaterThan(1);
    client.close();
    vi.useRealTimers();
  });
});

test('what is no frame is counted and said, never thrown', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'steadfast.v1' });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => {
    for (const text of ['not json', '[]', '{"type":5}', '{"type":"x","rt":{"topic":7}}']) socket.send(text);
    socket.send(new Uint8Array([9, 9]));
    socket.send('{"type":"rt.later"}');
    socket.close(4400);
  });
  const { client, until, said } = await make({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, transport: 'websocket' });
  const { reason } = await until((status) => status.reason !== null);
  expect(reason).toMatchObject({ code: 4400, retryable: true });
  expect(client.statistics()).toMatchObject({ badFrames: 5, unknownFrames: 1, listenerErrors: 0 });
  expect(said()).toMatch(/no frame of the protocol/);
  client.close();
  server.close();
});

test('an address where something else answers: said, counted, and tried again', async () => {
  const server = createServer((_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>app</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { client, until, said } = await make({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, reconnectInterval: 10 });
  const { reason } = await until((status) => status.reason !== null);
  expect(reason).toMatchObject({ code: 1006, retryable: true, message: expect.stringContaining('check the network, the url, and proxies') });
  await eventually(() => expect(client.statistics()).toMatchObject({ badFrames: 1, exchangesFailed: 1, listenerErrors: 0 }));
  expect(said()).toMatch(/no frame of the protocol/);
  expect(client.status.state).toBe('connecting');
  client.close();
  server.closeAllConnections();
  server.close();
});

test('a server that knows no such endpoint stops it, with the remedy', async () => {
  const server = createServer((_, response) => response.writeHead(404).end('{"error":{"code":"unsupported","message":"no","retryable":false}}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { client, until } = await make({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/elsewhere`, transport: 'polling' });
  const { reason } = await until(({ state }) => state === 'closed');
  expect(reason).toMatchObject({ code: 4404, retryable: false, message: 'there is no such endpoint or tenant; check the url' });
  client.close();
  server.close();
});

test('an answer without end is cut off, and counts as a failed exchange', async () => {
  let closed = false;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const more = () => {
      if (!closed) response.write(' '.repeat(65_536), more);
    };
    response.on('close', () => { closed = true; });
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { client } = await make({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, transport: 'polling' });
  await eventually(() => expect(client.statistics().exchangesFailed).toBe(1));
  await eventually(() => expect(closed).toBe(true));
  client.close();
  server.closeAllConnections();
  server.close();
});

test('a machine that fails is a crashed client with its message, never a silent one', async () => {
  const { instantiate } = WebAssembly;
  let fails = false;
  const spy = vi.spyOn(WebAssembly, 'instantiate').mockImplementation(async (...given: Parameters<typeof instantiate>) => {
    const { exports } = (await instantiate(...given)) as unknown as WebAssembly.Instance;
    const call = (...values: unknown[]) => {
      if (fails) throw new WebAssembly.RuntimeError('unreachable');
      return (exports.call as (...values: unknown[]) => unknown)(...values);
    };
    return { exports: { ...exports, call } } as never;
  });
  const { client, until } = await make({ url: 'http://127.0.0.1:9', transport: 'websocket' });
  await until(({ state }) => state === 'connecting');
  const waiting = client.publish('x', 'y', 1);
  const stream = client.stream('x')[Symbol.asyncIterator]().next();
  fails = true;
  client.connect();
  expect(client.status).toMatchObject({ state: 'crashed', transport: null, retryAt: null });
  expect(client.status.reason).toMatchObject({ retryable: false, message: expect.stringContaining('unreachable') });
  await expect(waiting).rejects.toMatchObject({ code: 'crashed' });
  expect((await stream).done).toBe(true);
  expect(() => client.subscribe('x', {})).toThrow(/failed inside/);
  expect(client.debugReport()).toContain('crashed');
  client.close();
  spy.mockRestore();
});

test('a report holds no token and no payload', async () => {
  const { client, until } = await make({ url: 'http://127.0.0.1:9', transport: 'websocket', getToken: () => 'secret-token' });
  await until(({ state }) => state === 'connecting');
  void client.publish('x', 'y', 'secret-payload').catch(() => undefined);
  client.subscribe('incidents', {});
  await eventually(() => expect(client.debugReport()).toMatch(/Z tokenReady 1/));
  const report = client.debugReport();
  expect(report).toMatch(/"state": "connecting"/);
  expect(report).toContain('"name": "incidents"');
  expect(report).not.toContain('secret');
  client.close();
});

test('no WebSocket where one is demanded: said, with where to get one', async () => {
  vi.stubGlobal('WebSocket', undefined);
  const { until } = await make({ WebSocket: undefined as never, transport: 'websocket' });
  const { reason } = await until(({ state }) => state === 'crashed');
  expect(reason?.message).toMatch(/no WebSocket here; give one as `WebSocket`/);
});
