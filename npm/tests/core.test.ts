import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { openCore } from '../src/core/core.js';
import { load } from '../src/core/load.js';
import { Call, Out } from '../src/core/names.js';
import { configuration, settle } from '../src/options.js';

const SOURCE = () => new Uint8Array(readFileSync(new URL('../build/core.wasm', import.meta.url)));

const make = async () => openCore(await load(undefined, SOURCE), configuration(settle({ url: 'http://a', getToken: () => 't', WebSocket: class {} as never })));

test('a place that is told with an answer is behind the events that follow in it', async () => {
  const core = await make();
  core.put(Out.Cursor, 1, 0, 9, 'epoch');
  core.put(Out.Cursor, 2, 0, 9, 'epoch');
  core.put(Out.Gap, 1, 1, 4, 'history_evicted');
  for (let offset = 5; offset <= 9; offset += 1) core.e(1, offset, 0, 1, 0);
  expect(core.outputs.filter(({ what }) => what === Out.Cursor).map(({ a, c }) => [a, c])).toEqual([[1, 4], [2, 9]]);
});

test('the machine reads its configuration, and its questions and answers', async () => {
  const core = await make();
  expect(core.call(Call.Connect)).toBe(0);
  expect(core.outputs.map(({ what, a, b }) => [what, a, b])).toContainEqual([Out.NeedToken, 1, 0]);
  expect(core.deadline - performance.now()).toBeGreaterThan(0);
  expect(core.call(Call.Subscribe, 'no topic', 0, -1, undefined)).toBe(-1);
  core.outputs = [];
  expect(core.call(Call.TokenReady, 1, 'secret', -1)).toBe(0);
  expect(core.outputs.map(({ what, a }) => [what, a])).toContainEqual([Out.Open, 1]);
  expect(core.ask(Call.Statistic, 0)).toBe(1);
  expect(core.ask(Call.Statistic, 99)).toBe(0);
});

test.each(['ü€😀 "\\', '', 'x'.repeat(300_000)])('a text crosses the border whole, whatever is in it and however much memory it takes', async (token) => {
  const core = await make();
  core.call(Call.Connect);
  core.call(Call.TokenReady, 1, token, -1);
  core.call(Call.Opened, 1);
  const hello = core.outputs.find(({ what }) => what === Out.Send)?.value as string;
  expect(JSON.parse(hello)).toMatchObject({ type: 'rt.hello', token });
});

test('a text that is null is none, as some give it', async () => {
  const core = await make();
  expect(core.call(Call.Submit, 'x', 't', 0, null, 0, null, 0, null, -1)).toBe(1);
});

test('each client has a machine of its own', async () => {
  const [one, other] = [await make(), await make()];
  one.call(Call.Connect);
  one.call(Call.TokenReady, 1, 'secret', -1);
  expect([one.ask(Call.Statistic, 0), other.ask(Call.Statistic, 0)]).toEqual([1, 0]);
});
