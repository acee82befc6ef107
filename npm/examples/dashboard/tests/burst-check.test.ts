import { describe, expect, test } from 'vitest';

import { checkBurst, isWhole } from '../src/break-it/burst-check';
import { event } from './events';

const numbers = (list: readonly number[], run: string | number = 'r', count = list.length) =>
  list.map((number) => event('burst', 'burst', { run, number, count }));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('burst check', () => {
  test('a whole run is whole', () => {
    const check = checkBurst(numbers(upTo(1_000)));
    expect(check).toEqual({ run: 'r', count: 1_000, received: 1_000, repeated: 0, inOrder: true });
    expect(check && isWhole(check)).toBe(true);
  });

  test.each([
    ['one is missing', [1, 2, 4], { received: 3, repeated: 0, inOrder: true }],
    ['one came twice', [1, 2, 2, 3, 4], { received: 4, repeated: 1, inOrder: true }],
    ['one came late', [1, 3, 2, 4], { received: 4, repeated: 0, inOrder: false }],
    ['one came again at the end', [1, 2, 3, 4, 1], { received: 4, repeated: 1, inOrder: true }],
  ])('%s', (_, list, expected) => {
    const check = checkBurst(numbers(list, 'r', 4));
    expect(check).toMatchObject(expected);
    expect(check && isWhole(check)).toBe(false);
  });

  test('only the newest run counts, and two at once do not disturb each other', () => {
    const [one, two] = [numbers(upTo(5), 1), numbers(upTo(5), 2)];
    expect(checkBurst([...one, ...two.slice(0, 2)])).toEqual({ run: '2', count: 5, received: 2, repeated: 0, inOrder: true });
    const mixed = one.flatMap((first, index) => [first, ...two.slice(index, index + 1)]);
    expect(checkBurst(mixed)).toMatchObject({ run: '2', received: 5, inOrder: true, repeated: 0 });
  });

  test('there is nothing to say of nothing, nor of what is no burst', () => {
    expect(checkBurst([])).toBeNull();
    expect(checkBurst([event('burst', 'burst', { run: 'r' }), event('burst', 'other', { run: 'r', number: 1, count: 1 })])).toBeNull();
  });
});
