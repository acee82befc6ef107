import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { Client, ClientOptions, Delivery, SteadfastEvent } from '../src/types.js';
import { eventually } from './support/patience.js';
import { Server, client as connected, first, reaches, token } from './support/server.js';

let server: Server;
const open: Client[] = [];

beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.kill());
afterEach(() => open.splice(0).forEach((client) => client.close()));

function client(options: Partial<ClientOptions> = {}): Client {
  const made = connected(server, options);
  open.push(made);
  return made;
}

/** Subscribes and collects, and resolves once the topic is live. */
async function follow(subject: Client, topic: string): Promise<SteadfastEvent[]> {
  const events: SteadfastEvent[] = [];
  await new Promise<void>((resolve) => subject.subscribe(topic, { onEvent: (event) => events.push(event), onLive: resolve }));
  return events;
}

for (const transport of ['websocket', 'polling'] as const) {
  describe(`over ${transport}`, () => {
    test('an event that a backend publishes reaches the listener, once', async () => {
      const topic = `incidents.${transport}`;
      const subject = client({ transport });
      const [event] = await Promise.all([
        first<SteadfastEvent>((take) => subject.subscribe(topic, {
          onEvent: take,
          onLive: () => void server.publish({ topic, type: 'incident_alert', payload: { a: 1 }, priority: 'high', correlation_id: 'c' }),
        })),
      ]);
      expect(event).toMatchObject({
        type: 'incident_alert', payload: { a: 1 }, topic, offset: 1, priority: 'high', correlationId: 'c', replay: false,
        requiresAcknowledgment: false,
      });
      expect(subject.status).toMatchObject({ state: 'connected', transport, attempt: 0, retryAt: null, reason: null });
      expect(subject.statistics().delivered).toBe(1);
    });

    test('bytes stay bytes, both ways', async () => {
      const topic = `bytes.${transport}`;
      const subject = client({ transport });
      const events = await follow(subject, topic);
      const came = first<unknown>((take) => void subject.subscribe(topic, { onEvent: take }));
      const { payload, duplicate } = await subject.publish(topic, 'blob', new Uint8Array([0, 1, 255]));
      await came;
      expect(payload).toMatchObject({ offset: 1 });
      expect(duplicate).toBe(false);
      expect(events[0]?.payload).toEqual(new Uint8Array([0, 1, 255]));
    });

    test('an acknowledgement is confirmed, and of an event that nobody knows it says so', async () => {
      const subject = client({ transport });
      const [alert] = await server.publish({ topic: `alerts.${transport}`, type: 'x', payload: 1, requires_acknowledgment: true });
      expect(await subject.acknowledge([alert?.id ?? '', 'nobody'])).toEqual({ unknown: ['nobody'] });
    });
  });
}

test('a listener that comes late to a state topic gets the current values at once', async () => {
  const subject = client();
  await server.publish({ topic: 'kpis', type: 'kpi', key: 'a', payload: 1 }, { topic: 'kpis', type: 'kpi', key: 'b', payload: 2 });
  await server.publish({ topic: 'kpis', type: 'kpi', key: 'a', payload: 3 }, { topic: 'kpis', type: 'kpi', key: 'c', payload: 4 });
  await server.publish({ topic: 'kpis', type: 'kpi', key: 'b', deleted: true });
  await follow(subject, 'kpis');
  const late = await follow(subject, 'kpis');
  expect(late.map(({ key, payload, replay }) => [key, payload, replay])).toEqual([['a', 3, true], ['c', 4, true]]);
  const chosen: unknown[] = [];
  await new Promise<void>((resolve) => subject.subscribe('kpis', { onEvent: ({ key }) => chosen.push(key), onLive: resolve }, { keys: ['c'] }));
  expect(chosen).toEqual(['c']);
});

test('a listener may throw, end itself, publish and close from inside, and the others do not notice', async () => {
  const subject = client();
  const seen: string[] = [];
  const topic = 'careless';
  await follow(subject, topic);
  const done = new Promise<void>((resolve) => {
    subject.subscribe(topic, { onEvent: () => { throw new Error('careless'); } });
    const stop = subject.subscribe(topic, { onEvent: () => { seen.push('once'); stop(); stop(); } });
    subject.subscribe(topic, {
      onEvent: ({ payload }) => {
        seen.push(`event ${payload}`);
        if (payload === 1) void subject.publish(topic, 'x', 2);
        if (payload === 2) {
          subject.close();
          resolve();
        }
      },
    });
  });
  subject.subscribe(topic, { onEvent: ({ payload }) => void seen.push(`last ${payload}`) });
  await subject.publish(topic, 'x', 1);
  await done;
  expect(seen).toEqual(['once', 'event 1', 'last 1', 'event 2']);
  expect(subject.statistics().listenerErrors).toBe(2);
  expect(subject.status).toMatchObject({ state: 'closed', reason: { code: 1000, retryable: false } });
});

test('a stream that is not read holds no more than its buffer, and misses nothing', async () => {
  const subject = client({ bufferEvents: 8 });
  const topic = 'slow';
  const stream = subject.stream(topic);
  const live = await stream.next();
  expect(live.value).toEqual({ kind: 'live' });
  await server.publish(...Array.from({ length: 100 }, (_, number) => ({ topic, type: 'n', payload: number })));
  const read: unknown[] = [];
  for await (const delivery of stream) {
    if (delivery.kind === 'event') read.push(delivery.event.payload);
    if (read.length === 100) break;
  }
  expect(read).toEqual(Array.from({ length: 100 }, (_, number) => number));
  expect(subject.statistics().rewinds).toBeGreaterThan(0);
  expect(subject.statistics().gaps).toBe(0);
  expect((await stream.next()).done).toBe(true);
});

test('closing ends streams, and messages that wait', async () => {
  const subject = client({ url: 'http://127.0.0.1:9', transport: 'websocket' });
  const stream: AsyncIterator<Delivery> = subject.stream('x');
  const read = stream.next();
  const sent = subject.publish('x', 'y', 1);
  subject.close();
  expect((await read).done).toBe(true);
  await expect(sent).rejects.toMatchObject({ name: 'SteadfastError', code: 'closed', mayHaveTakenEffect: false });
  await expect(subject.publish('x', 'y', 1)).rejects.toMatchObject({ code: 'closed' });
  expect(() => subject.subscribe('x', {})).toThrow(/closed; make a new one/);
  expect(() => subject.connect()).toThrow(/closed; make a new one/);
  subject.disconnect();
  subject.close();
  expect(subject.status).toMatchObject({ state: 'closed', reason: { code: 1000 } });
});

test('a message is cancelled by its signal, and ends when its time is over', async () => {
  const subject = client({ url: 'http://127.0.0.1:9', transport: 'websocket' });
  await expect(subject.publish('x', 'y', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  const control = new AbortController();
  const sent = subject.publish('x', 'y', 1, { signal: control.signal });
  await reaches(subject, ({ state }) => state === 'connecting');
  control.abort();
  await expect(sent).rejects.toMatchObject({ code: 'cancelled', mayHaveTakenEffect: false });
  await expect(subject.publish('x', 'y', 1, { timeout: 5 })).rejects.toMatchObject({ code: 'timed_out', retryable: true });
});

test('subscriptions go on behind their cursor after a break, and on the next page', async () => {
  const subject = client();
  const topic = 'resumed';
  const events: unknown[] = [];
  const subscription = subject.subscribe(topic, { onEvent: ({ payload }) => events.push(payload) });
  expect(subscription.cursor()).toBeNull();
  await reaches(subject, ({ state }) => state === 'connected');
  await subject.publish(topic, 'x', 1);
  subject.disconnect();
  expect(subject.status.state).toBe('disconnected');
  await server.publish({ topic, type: 'x', payload: 2 });
  subject.connect();
  await reaches(subject, ({ state }) => state === 'connected');
  await subject.publish(topic, 'x', 3);
  // The result says that it is published, not that it has come.
  await eventually(() => expect(events).toEqual([1, 2, 3]));
  expect(subscription.isLive()).toBe(true);
  const cursor = subscription.cursor();
  expect(cursor).toMatchObject({ offset: 3 });
  await server.publish({ topic, type: 'x', payload: 4 });
  const next = client();
  const event = await first<SteadfastEvent>((take) => next.subscribe(topic, { onEvent: take }, cursor ? { cursor } : {}));
  expect(event).toMatchObject({ payload: 4, replay: true });
});

test('a server that is killed and comes back: the loss is told, and it goes on', async () => {
  const mortal = await Server.start();
  const subject = connected(mortal, { reconnectInterval: 50, reconnectCap: 100 });
  open.push(subject);
  const seen: string[] = [];
  const live = first<void>((take) => subject.subscribe('mortal', {
    onEvent: ({ payload }) => seen.push(`event ${payload}`), onGap: ({ reason }) => seen.push(`gap ${reason}`), onLive: take,
  }));
  await live;
  await subject.publish('mortal', 'x', 1);
  await eventually(() => expect(seen).toEqual(['event 1']));
  await mortal.kill();
  await reaches(subject, ({ state, reason }) => state === 'connecting' && reason?.code === 1006);
  const again = await Server.start(new URL(mortal.url).host);
  await reaches(subject, ({ state }) => state === 'connected');
  await again.publish({ topic: 'mortal', type: 'x', payload: 2 });
  await eventually(() => expect(seen).toEqual(['event 1', 'gap epoch_changed', 'event 2']));
  subject.close();
  await again.kill();
});

test('a topic that is not permitted says so, and the others work', async () => {
  const known = token('bob', 'public.*');
  const subject = client({ getToken: () => known });
  const error = await first<{ code: string; message: string }>((take) => subject.subscribe('secret', { onFailed: take }));
  expect(error).toMatchObject({ name: 'SteadfastError', code: 'forbidden', retryable: false });
  expect(await follow(subject, 'public.news')).toEqual([]);
});
