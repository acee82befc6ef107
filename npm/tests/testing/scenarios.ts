import type { Client, PublishOptions } from '../../src/types.js';
import type { Witness } from './witness.js';
import type { World } from './worlds.js';

/** What happens to a server and its clients, and what the application sees of it is told to the witness. */
export type Scenario = (world: World, witness: Witness) => Promise<void>;

const numbers = (topic: string, first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ topic, type: 'n', payload: first + index }));

/** Each over one transport or the other. */
export const OVER_BOTH: Readonly<Record<string, (transport: 'websocket' | 'polling') => Scenario>> = {
  'a log: history, news, and bytes': (transport) => async (world, witness) => {
    await world.publish(...numbers('log', 1, 5));
    const client = witness.follow(world.client({ transport }));
    client.subscribe('log', witness.listener(), { history: 2 });
    await witness.until('live');
    await world.publish({ topic: 'log', type: 'x', payload: { a: [1, null, 'ä\ud83d\ude00'] }, priority: 'high', correlation_id: 'c' });
    await world.publish({ topic: 'log', type: 'nothing' });
    await witness.until('nothing');
    await witness.outcome(client.publish('log', 'bytes', new Uint8Array([0, 1, 255]), { priority: 'low', correlationId: 'd' }));
    await witness.until('"bytes"');
    await witness.outcome(client.publish('log', 'void', undefined));
    await witness.until('"void"');
  },

  'a state: values, deletions, keys, listeners that come late': (transport) => async (world, witness) => {
    const kpi = (key: string, payload: unknown) => ({ topic: 'kpis', type: 'kpi', key, payload });
    await world.publish(kpi('a', 1), kpi('b', 2), kpi('a', 3));
    await world.publish({ topic: 'kpis', type: 'gone', key: 'b', deleted: true });
    const client = world.client({ transport });
    client.subscribe('kpis', witness.listener('first'));
    await witness.until('first live');
    await world.publish(kpi('c', 4));
    await witness.until('"key":"c"');
    client.subscribe('kpis', witness.listener('late'));
    client.subscribe('kpis', witness.listener('choosy'), { keys: ['c'] });
    await witness.until('choosy live');
    await witness.outcome(client.publish('kpis', 'kpi', 5, { key: 'd' }));
    await witness.until('late event', 3);
    await witness.outcome(client.publish('kpis', 'kpi', undefined, { key: 'a', deleted: true }));
    await witness.until('late deleted');
    const other = world.client({ transport });
    other.subscribe('kpis', witness.listener('other'), { keys: ['c', 'a'] });
    await witness.until('other live');
  },

  'what is ephemeral comes while it is listened to': (transport) => async (world, witness) => {
    await world.publish({ topic: 'dictation.progress', type: 'p', payload: 'before' });
    const client = world.client({ transport });
    const listener = witness.listener();
    let came = false;
    const stop = client.subscribe('dictation.progress', {
      ...listener,
      onEvent: (event) => {
        came = true;
        listener.onEvent(event);
        stop();
      },
    });
    // Only a long poll hears it, and nobody says when one has begun.
    for (let left = 500; left > 0 && !came; left -= 1) {
      await world.publish({ topic: 'dictation.progress', type: 'p', payload: 'now' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await witness.outcome(client.publish('dictation.progress', 'p', 'nobody listens'));
  },

  'acknowledgements: what is open, who settles it, what nobody knows': (transport) => async (world, witness) => {
    const client = world.client({ transport });
    client.subscribe('alerts', witness.listener('alerts'));
    client.subscribe('open:alerts', witness.listener('open'));
    await witness.until('open live');
    await witness.until('alerts live');
    const alert = { topic: 'alerts', type: 'alert', payload: 1, priority: 'critical', requires_acknowledgment: true };
    const [one = ''] = await world.publish(alert);
    await witness.until('alerts event');
    await witness.until('open event');
    const [other = ''] = await world.publish(alert);
    await witness.until('open event', 2);
    await witness.until('alerts event', 2);
    await witness.outcome(client.acknowledge([one, 'nobody'], 'seen'));
    await witness.until('open deleted');
    await world.acknowledge(other);
    await witness.until('open deleted', 2);
    await witness.outcome(client.acknowledge([one, other]));
    const late = world.client({ transport });
    late.subscribe('open:alerts', witness.listener('late'));
    await witness.until('late live');
  },

  'a burst is whole and in order': (transport) => async (world, witness) => {
    const client = world.client({ transport });
    client.subscribe('burst', witness.listener());
    await witness.until('live');
    for (let first = 1; first < 3_000; first += 500) await world.publish(...numbers('burst', first, first + 499));
    await witness.until('event', 3_000);
  },

  'what does not fit is refused with the same words': (transport) => async (world, witness) => {
    const client = world.client({ transport });
    const refused: [topic: string, payload: unknown, options: PublishOptions][] = [
      ['kpis', 1, {}], ['kpis', 1, { key: '' }], ['kpis', 1, { key: 'k'.repeat(257) }], ['kpis', 1, { key: 'a', deleted: true }],
      ['kpis', 1, { key: 'a', requiresAcknowledgment: true }], ['log', 1, { key: 'a' }], ['log', 1, { deleted: true }],
      ['x.progress', 1, { requiresAcknowledgment: true }], ['x.progress', 1, { key: 'a' }],
      ['open:log', 1, { key: 'a' }], ['user', 1, {}], ['user:bob', 1, {}],
    ];
    for (const [topic, payload, options] of refused) await witness.outcome(client.publish(topic, 'x', payload, options));
    await witness.outcome(client.request('nobody_handles_this', { a: 1 }));
  },

  'a topic that is not permitted': (transport) => async (world, witness) => {
    const client = world.limitedClient({ transport });
    for (const topic of ['secret', 'open:secret', 'rt:x', 'public']) client.subscribe(topic, witness.listener(topic));
    await witness.until('failed', 3);
    await witness.until('public live');
  },

  'a token that is refused': (transport) => async (world, witness) => {
    witness.follow(world.client({ transport, getToken: () => 'nonsense' }));
    await witness.until('closed');
  },

  'a user’s own topic': (transport) => async (world, witness) => {
    const client = world.client({ transport });
    client.subscribe('user', witness.listener());
    await witness.until('live');
    await world.publishToUser('note', { for: 'you' });
    await witness.until('event');
  },
};

/** Each breaks the way to the server, or the server. */
export const BREAKING: Readonly<Record<string, Scenario>> = {
  'a connection that dies: what was missed follows': async (world, witness) => {
    const client = witness.follow(world.client({ transport: 'websocket' }));
    await followAll(world, witness, client);
    world.down();
    await witness.until('connecting');
    await world.publish(...numbers('log', 2, 4), { topic: 'kpis', type: 'kpi', key: 'b', payload: 2 });
    await world.publish({ topic: 'kpis', type: 'gone', key: 'a', deleted: true });
    world.up();
    await witness.until('log event', 4);
    await witness.until('kpis deleted');
    await witness.until('live', 4);
    await world.publish(...numbers('log', 5, 5));
    await witness.until('log event', 5);
  },

  'no WebSocket: polling, and back': async (world, witness) => {
    const client = witness.follow(world.client());
    await followAll(world, witness, client);
    world.refuseWebSockets(true);
    await witness.until('connected polling');
    await world.publish(...numbers('log', 2, 40), { topic: 'kpis', type: 'kpi', key: 'b', payload: 2 });
    await witness.until('log event', 40);
    await witness.until('kpis event', 2);
    await witness.outcome(client.publish('log', 'n', 41));
    await witness.until('log event', 41);
    world.refuseWebSockets(false);
    client.connect();
    await witness.until('connected websocket', 2);
    await world.publish(...numbers('log', 42, 80));
    await witness.until('log event', 80);
  },

  'a server that forgets everything: gaps and resets': async (world, witness) => {
    const client = witness.follow(world.client({ transport: 'websocket' }));
    await followAll(world, witness, client);
    await world.restart();
    await witness.until('kpis reset');
    await witness.until('log gap');
    await witness.until('live', 4);
    await world.publish(...numbers('log', 2, 3), { topic: 'kpis', type: 'kpi', key: 'b', payload: 2 });
    await witness.until('log event', 3);
    await witness.until('kpis event', 2);
  },

  'a log that has moved on: what is lost is named': async (world, witness) => {
    const client = world.client();
    client.subscribe('log', witness.listener('log'));
    await witness.until('live');
    await world.publish(...numbers('log', 1, 1));
    await witness.until('event');
    client.disconnect();
    await world.overflow('log');
    client.connect();
    await witness.until('event', 9);
    await witness.until('live', 2);
  },

  'a page that goes on where another was': async (world, witness) => {
    const [before, after] = [world.client(), world.client({ autoConnect: false })];
    const subscription = before.subscribe('log', witness.listener('before'));
    await witness.until('before live');
    await world.publish(...numbers('log', 1, 2));
    await witness.until('before event', 2);
    const cursor = subscription.cursor();
    before.close();
    await world.publish(...numbers('log', 3, 4));
    after.subscribe('log', witness.listener('after'), cursor ? { cursor } : {});
    after.connect();
    await witness.until('after live');
  },
};

/** A log and a state, each with one event, in this order. */
async function followAll(world: World, witness: Witness, client: Client): Promise<void> {
  for (const topic of ['log', 'kpis']) {
    client.subscribe(topic, witness.listener(topic));
    await witness.until(`${topic} live`);
  }
  await world.publish(...numbers('log', 1, 1));
  await witness.until('log event');
  await world.publish({ topic: 'kpis', type: 'kpi', key: 'a', payload: 1 });
  await witness.until('kpis event');
}
