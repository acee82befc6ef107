import { afterEach, describe, expect, test, vi } from 'vitest';

import { Book } from '../src/feed/book';

afterEach(() => vi.unstubAllGlobals());

/** Frames that come when they are told to. */
function frames(): { next(): void; waiting(): number } {
  let asked: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (act: () => void) => asked.push(act));
  return {
    waiting: () => asked.length,
    next: () => {
      const now = asked;
      asked = [];
      now.forEach((act) => act());
    },
  };
}

describe('book', () => {
  test('readers are told once a frame, of all that came before it', () => {
    const { next } = frames();
    const book = new Book((sum: number, more: number) => sum + more, 0);
    const seen: number[] = [];
    const stop = book.subscribe(() => seen.push(book.snapshot()));
    for (let number = 1; number <= 1_000; number += 1) book.dispatch(number);
    expect(book.snapshot()).toBe(0);
    next();
    expect(seen).toEqual([500_500]);
    book.dispatch(1);
    next();
    expect(seen).toEqual([500_500, 500_501]);
    stop();
    book.dispatch(1);
    next();
    expect(seen).toHaveLength(2);
    expect(book.snapshot()).toBe(500_502);
  });

  test('what changes nothing asks for no frame', () => {
    const { waiting } = frames();
    new Book((state: number) => state, 7).dispatch(undefined);
    expect(waiting()).toBe(0);
  });
});
