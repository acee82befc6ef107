import { afterEach, expect, test, vi } from 'vitest';

import { Batch } from '../src/batch.js';

afterEach(() => void vi.useRealTimers());

class Numbers extends Batch<readonly number[]> {
  #all: number[] = [];

  add(number: number): void {
    this.#all.push(number);
    this.changed();
  }

  protected make(): readonly number[] {
    return [...this.#all];
  }
}

test('a few changes are shown at once; a flood, each in a task of its own, in steps and whole', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const numbers = new Numbers([]);
  const shown: number[] = [];
  numbers.subscribe(() => shown.push(numbers.snapshot().length));
  const add = async (number: number) => {
    numbers.add(number);
    await Promise.resolve();
  };
  for (let number = 1; number <= 1_000; number += 1) await add(number);
  expect(shown).toEqual([1, 2, 3, 4]);
  vi.advanceTimersByTime(100);
  expect(shown).toEqual([1, 2, 3, 4, 1_000]);
  await add(1_001);
  expect(shown).toEqual([1, 2, 3, 4, 1_000, 1_001]);
  vi.advanceTimersByTime(100);
  expect(shown).toEqual([1, 2, 3, 4, 1_000, 1_001]);
});

test('changes within one microtask are shown at once and together', async () => {
  const numbers = new Numbers([]);
  const shown: number[] = [];
  const stop = numbers.subscribe(() => shown.push(numbers.snapshot().length));
  for (let number = 1; number <= 1_000; number += 1) numbers.add(number);
  expect(numbers.snapshot()).toEqual([]);
  await Promise.resolve();
  expect(shown).toEqual([1_000]);
  stop();
  numbers.add(1_001);
  await Promise.resolve();
  expect(shown).toEqual([1_000]);
});
