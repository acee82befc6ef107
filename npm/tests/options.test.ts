import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';

import { create } from '../src/client.js';
import { endpointsOf } from '../src/options.js';
import { payloadOf } from '../src/outbox.js';
import type { ClientOptions } from '../src/types.js';
import { reaches } from './support/server.js';

const good = { url: 'https://alerts.example.org', getToken: () => 'secret', autoConnect: false };
const make = (options: object) => () => create(options as ClientOptions, () => new Uint8Array());

describe('a wrong option is one sentence that names it and says what is right', () => {
  test.each<[object, string, RegExp]>([
    [{}, 'bad_options', /`url` must be a string, and is undefined/],
    [{ url: 'https://a' }, 'bad_options', /`getToken` must be a function, and is undefined/],
    [{ ...good, url: 7 }, 'bad_options', /`url` must be a string, and is number/],
    [{ ...good, url: 'not a url' }, 'bad_url', /`url` must be https/],
    [{ ...good, url: 'ftp://host' }, 'bad_url', /`url` must be https/],
    [{ ...good, url: 'https://ana:secret@host' }, 'bad_url', /no user, password/],
    [{ ...good, url: 'https://host/#secret' }, 'bad_url', /query or fragment/],
    [{ ...good, url: 'https://host/?token=secret' }, 'bad_url', /no user, password, query/],
    [{ ...good, getToken: 'secret' }, 'bad_options', /`getToken` must be a function, and is string/],
    [{ ...good, reconectInterval: 5 }, 'bad_options', /no option `reconectInterval`; there are .*reconnectInterval/],
    [{ ...good, reconnectInterval: '5s' }, 'bad_options', /`reconnectInterval` must be a whole number from 0/],
    [{ ...good, heartbeatInterval: 4_999 }, 'bad_options', /`heartbeatInterval` must be a whole number from 5000 to 60000/],
    [{ ...good, bufferEvents: 0 }, 'bad_options', /`bufferEvents` must be a whole number from 1/],
    [{ ...good, transport: 'sse' }, 'bad_options', /`transport` must be one of auto, websocket, polling/],
    [{ ...good, logger: null }, 'bad_options', /`logger` must be a object/],
    [{ ...good, wasm: 7 }, 'bad_options', /`wasm` must be a string or object, and is number/],
    [{ ...good, autoConnect: 'no' }, 'bad_options', /`autoConnect` must be a boolean, and is string/],
    [{ ...good, application: { name: 'x' } }, 'bad_options', /`application` must be \{ name, version \}/],
  ])('%#', (options, code, message) => {
    expect(make(options)).toThrow(expect.objectContaining({ name: 'SteadfastError', code, retryable: false }));
    expect(make(options)).toThrow(message);
    expect(make(options)).not.toThrow(/secret/);
  });

  test('no options at all', () => {
    expect(make(undefined as unknown as object)).toThrow(/`options` must be an object: createClient\(/);
  });
});

test('both endpoints follow from one url', () => {
  for (const [url, websocket, poll] of [
    ['http://127.0.0.1:8080', 'ws://127.0.0.1:8080/api/v1/notifications/ws', 'http://127.0.0.1:8080/api/v1/notifications/poll'],
    ['https://a.example.org/ops/', 'wss://a.example.org/ops/api/v1/notifications/ws', 'https://a.example.org/ops/api/v1/notifications/poll'],
    ['https://a.example.org/@ops//?#', 'wss://a.example.org/@ops/api/v1/notifications/ws', 'https://a.example.org/@ops/api/v1/notifications/poll'],
    ['wss://[::1]:9', 'wss://[::1]:9/api/v1/notifications/ws', 'https://[::1]:9/api/v1/notifications/poll'],
  ] as const) {
    expect([`ws${endpointsOf(url)}ws`, `http${endpointsOf(url)}poll`]).toEqual([websocket, poll]);
  }
});

test('a path means the page’s own origin: where there is no page, a client can be made and cannot connect', async () => {
  expect(make({ ...good, url: '/', autoConnect: true })).toThrow(/in a page a path/);
  const client = create({ ...good, url: '/prefix', logLevel: 'silent' }, () => readFileSync(new URL('../build/core.wasm', import.meta.url)));
  expect(client.status.state).toBe('disconnected');
  client.connect();
  const { reason } = await reaches(client, ({ state }) => state === 'crashed');
  expect(reason?.message).toMatch(/must be https:\/\/host.*in a page a path/);
  vi.stubGlobal('location', { href: 'https://page.example.org/some/where' });
  expect(endpointsOf('/prefix')).toBe('s://page.example.org/prefix/api/v1/notifications/');
  vi.unstubAllGlobals();
});

test('a payload that cannot be written is refused with the reason', () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  for (const payload of [1n, { deep: [1n] }, loop, () => 1, Symbol('x')]) {
    expect(() => payloadOf(payload)).toThrow(expect.objectContaining({ code: 'bad_payload' }));
  }
  expect(payloadOf(undefined)).toEqual([0]);
  expect(payloadOf(null)).toEqual([1, 'null']);
});

test('a payload that cannot be written is an error of its message alone', async () => {
  const client = create(good, () => { throw new Error('the module is fetched'); });
  const message = 'the payload cannot be written as JSON (Do not know how to serialize a BigInt); give plain objects, or bytes';
  await expect(client.publish('x', 'y', 1n)).rejects.toMatchObject({ name: 'SteadfastError', code: 'bad_payload', message });
  await expect(client.request('y', { at: 1n })).rejects.toMatchObject({ code: 'bad_payload', message });
  expect(() => client.send('y', 1n)).toThrow(message);
});

test('bytes are bytes in whatever they are given, never an empty object', () => {
  const bytes = new Uint8Array([7, 1, 0, 2, 0, 7]);
  for (const given of [bytes.subarray(1, 5), bytes.slice(1, 5).buffer, new Uint16Array([1, 2]), new DataView(bytes.buffer, 1, 4)]) {
    expect(payloadOf(given)).toEqual([2, new Uint8Array([1, 0, 2, 0])]);
  }
});

test('making a client does nothing until it connects', () => {
  const client = create(good, () => { throw new Error('the module is fetched'); });
  expect(client.status).toEqual({ state: 'disconnected', transport: null, attempt: 0, retryAt: null, reason: null });
  expect(client.send('x', 1)).toBe(false);
  client.disconnect();
  expect(client.status.state).toBe('disconnected');
});

test('before the module is there every question has an answer', async () => {
  const client = create({ ...good, logLevel: 'silent' } as ClientOptions, () => new Promise(() => undefined));
  const subscription = client.subscribe('x', {});
  expect([subscription.cursor(), subscription.isLive(), client.send('x', 1)]).toEqual([null, false, false]);
  expect(Object.values(client.statistics()).every((count) => count === 0)).toBe(true);
  expect(JSON.parse(client.debugReport())).toMatchObject({ status: { state: 'disconnected' }, topics: [], inputs: [] });
  client.connect();
  expect(client.status.state).toBe('loading');
  const sent = client.publish('x', 'y', 1);
  const next = client.stream('x').next();
  subscription();
  client.close();
  await expect(sent).rejects.toMatchObject({ code: 'closed', mayHaveTakenEffect: false });
  expect((await next).done).toBe(true);
});

test('a topic’s name, a listener and its options are checked before anything happens', () => {
  const client = create(good, () => { throw new Error('the module is fetched'); });
  expect(() => client.subscribe('no spaces', {})).toThrow(/1 to 128 characters/);
  expect(() => client.subscribe('x', undefined as never)).toThrow(/`listener` must be an object: subscribe\(/);
  expect(() => client.subscribe('x', {}, { keys: 'a' as never })).toThrow(/`keys` must be/);
  expect(() => client.subscribe('x', {}, { history: -1 })).toThrow(/`history` must be/);
  expect(() => client.subscribe('x', {}, { cursor: { epoch: 1 as never, offset: 1 } })).toThrow(/`cursor` must be/);
  expect(() => client.subscribe('x', {}, { histroy: 5 } as never)).toThrow('there is no option `histroy`; there are keys, history, cursor');
  expect(() => client.stream('x', { limit: 5 } as never)).toThrow('there is no option `limit`');
});

test('what a message is published with is checked before it is queued', async () => {
  const client = create(good, () => { throw new Error('the module is fetched'); });
  const publish = (options: object) => client.publish('x', 'y', 1, options as never);
  await expect(client.publish('x', 7 as never, 1)).rejects.toMatchObject({ code: 'bad_options', message: expect.stringMatching(/`type` must be a string/) });
  await expect(client.publish(7 as never, 'y', 1)).rejects.toMatchObject({ code: 'bad_topic' });
  await expect(publish({ key: 7 })).rejects.toMatchObject({ message: expect.stringMatching(/`key` must be a string, and is number/) });
  await expect(publish({ priority: {} })).rejects.toMatchObject({ code: 'bad_options' });
  await expect(publish({ timeout: 'soon' })).rejects.toMatchObject({ message: expect.stringMatching(/`timeout` must be a whole number/) });
  await expect(publish({ requires_acknowledgment: true })).rejects.toMatchObject({
    code: 'bad_options', message: expect.stringMatching(/^there is no option `requires_acknowledgment`; there are .*requiresAcknowledgment/),
  });
  await expect(client.acknowledge([7 as never])).rejects.toMatchObject({ code: 'bad_options', message: '`id` must be a string, and is number' });
  await expect(client.acknowledge(undefined as never)).rejects.toMatchObject({ message: '`id` must be a string, and is undefined' });
  await expect(client.acknowledge(Array.from({ length: 257 }, String))).rejects.toMatchObject({ message: expect.stringMatching(/1 to 256/) });
  expect(() => client.send(7 as never)).toThrow(/`type` must be a string/);
});
