'use client';

import { useLayoutEffect, useRef } from 'react';

/** A function that stays the same and calls the newest one given: inline callbacks open nothing anew. */
export function useStable<Arguments extends unknown[], Result>(
  callback: ((...values: Arguments) => Result) | undefined,
): (...values: Arguments) => Result | undefined {
  const latest = useRef(callback);
  const stable = useRef((...values: Arguments) => latest.current?.(...values));
  // Before paint in a browser; a server has no effects and calls nothing.
  (typeof document === 'undefined' ? () => undefined : useLayoutEffect)(() => void (latest.current = callback));
  return stable.current;
}
