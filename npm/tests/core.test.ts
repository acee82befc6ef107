import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { Core } from '../src/core/core.js';
import { load } from '../src/core/load.js';
import { Call, Out } from '../src/core/names.js';
import { configuration, settle } from '../src/options.js';

const SOURCE = () => new Uint8Array(readFileSync(new URL('../build/core.wasm', import.meta.url)));

const make = async () => Core.open(await load(SOURCE), configuration(settle({ url: 'http://a', getToken: () => 't' }), '0', true));

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
  expect(core.deadline - core.monotonic).toBeGreaterThan(0);
  expect(core.call(Call.Subscribe, 'no topic', 0, -1, undefined)).toBe(-1);
  core.outputs = [];
  expect(core.call(Call.TokenReady, 1, 'secret', -1)).toBe(0);
  expect(core.outputs.map(({ what, a }) => [what, a])).toContainEqual([Out.Open, 1]);
  expect(core.statistic(0)).toBe(1);
  expect(core.statistic(99)).toBe(0);
});
