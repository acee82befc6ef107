'use client';

import { useInsertionEffect, useRef } from 'react';

/** A function that stays the same and calls the newest one given: inline callbacks open nothing anew. */
export function useStable<Arguments extends unknown[], Result>(
  callback: ((...values: Arguments) => Result) | undefined,
): (...values: Arguments) => Result | undefined {
  const latest = useRef(callback);
  const stable = useRef((...values: Arguments) => latest.current?.(...values));
  // Before any effect can call it. Unlike a layout effect, React 18 takes it without a warning where a server renders.
  useInsertionEffect(() => void (latest.current = callback));
  return stable.current;
}
