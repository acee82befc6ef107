import { describe, expect, test } from 'vitest';

import { BREAKING, OVER_BOTH, type Scenario } from './scenarios.js';
import { Witness } from './witness.js';
import { openFake, openReal } from './worlds.js';

/** Runs a scenario against both servers: an application must not be able to tell them apart. */
async function agree(scenario: Scenario): Promise<void> {
  const stories = await Promise.all([openFake, openReal].map(async (open) => {
    const [world, witness] = [await open(), new Witness()];
    try {
      await scenario(world, witness);
    } finally {
      await world.close();
    }
    return witness.saw;
  }));
  expect(stories[0]?.length).toBeGreaterThan(0);
  expect(byTopic(stories[0] ?? [])).toEqual(byTopic(stories[1] ?? []));
}

/** Order holds within a topic, not across topics. */
function byTopic(story: readonly string[]): Record<string, string[]> {
  const topics: Record<string, string[]> = {};
  for (const line of story) (topics[line.split(' ')[0] ?? ''] ??= []).push(line);
  return topics;
}

describe('the test server is to an application as the real one', () => {
  for (const [name, scenario] of Object.entries(OVER_BOTH)) {
    for (const transport of ['websocket', 'polling'] as const) {
      test(`over ${transport}: ${name}`, () => agree(scenario(transport)), 120_000);
    }
  }
  for (const [name, scenario] of Object.entries(BREAKING)) test(name, () => agree(scenario), 120_000);
});
