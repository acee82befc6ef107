import { defineConfig } from 'vitest/config';

/** The packed package as users have it: installed from its tarball, and built into small applications. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: './support/pack.ts',
    // Bundlers on a busy machine.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
