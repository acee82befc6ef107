import { expect, test } from 'vitest';

import { openStream } from '../src/stream.js';
import type { Delivery } from '../src/types.js';

const gap = (from: number, to: number): Delivery => ({ kind: 'gap', gap: { topic: 't', reason: 'history_evicted', lost: [from, to] } });

async function drain(sink: ReturnType<typeof openStream>): Promise<Delivery[]> {
  sink.end();
  const all: Delivery[] = [];
  for await (const delivery of sink.stream) all.push(delivery);
  return all;
}

test('gaps that touch are one, and others stay apart', async () => {
  const sink = openStream('t', () => {});
  for (const [from, to] of [[1, 4], [5, 9], [20, 21]] as const) sink.push(gap(from, to));
  expect(await drain(sink)).toEqual([gap(1, 9), gap(20, 21)]);
});

test('what is no event overtakes its like, and never an event', async () => {
  const sink = openStream('t', () => {});
  const event = { kind: 'event', event: {} } as Delivery;
  for (const kind of ['live', 'event', 'reset', 'live', 'reset', 'live', 'event', 'live'] as const) {
    if (kind === 'event') sink.push(event, () => {});
    else sink.push({ kind });
  }
  expect((await drain(sink)).map(({ kind }) => kind)).toEqual(['live', 'event', 'reset', 'live', 'event', 'live']);
});

test('gaps that cannot be named together are told apart, until they are too many', async () => {
  const sink = openStream('t', () => {});
  const unnamed: Delivery = { kind: 'gap', gap: { topic: 't', reason: 'history_evicted' } };
  for (let round = 0; round < 100; round += 1) sink.push(gap(2 * round, 2 * round));
  const all = await drain(sink);
  expect(all.length).toBeLessThan(70);
  expect([all[0], all.at(-1)]).toEqual([gap(0, 0), unnamed]);
});

test('a reader that never reads does not grow the stream, and every gap is still told', async () => {
  const sink = openStream('t', () => {});
  for (let round = 0; round < 10_000; round += 1) {
    sink.push(gap(2 * round, 2 * round));
    sink.push({ kind: 'live' });
  }
  const all = await drain(sink);
  expect(all.length).toBeLessThan(100);
  expect(all.at(-1)).toEqual({ kind: 'live' });
  expect(all.filter(({ kind }) => kind === 'gap').length).toBeGreaterThan(0);
});

test('an event counts as taken when it is read, or when nobody will read it', async () => {
  let ended = 0;
  let released = 0;
  const sink = openStream('t', () => { ended += 1; });
  const event = { kind: 'event', event: {} } as Delivery;
  for (let round = 0; round < 3; round += 1) sink.push(event, () => { released += 1; });
  expect(released).toBe(0);
  await sink.stream.next();
  expect(released).toBe(1);
  await sink.stream.return?.();
  expect([released, ended]).toEqual([3, 1]);
  expect(await sink.stream.next()).toEqual({ done: true, value: undefined });
});

test('whoever waits is given what comes, in order, and the end', async () => {
  const sink = openStream('t', () => {});
  const [one, two, three] = [sink.stream.next(), sink.stream.next(), sink.stream.next()];
  sink.push({ kind: 'reset' });
  sink.push({ kind: 'live' });
  sink.end();
  expect([await one, await two, await three].map(({ done, value }) => done ? 'end' : (value as Delivery).kind)).toEqual(['reset', 'live', 'end']);
});
