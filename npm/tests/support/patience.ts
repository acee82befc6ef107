import { vi } from 'vitest';

/** How long a test waits for what is sure to come: long, for a busy machine is no fault. In milliseconds. */
export const PATIENCE = { timeout: 100_000 };

/** Waits until a claim holds. */
export function eventually(claim: () => unknown, { interval = 5 } = {}): Promise<unknown> {
  return vi.waitFor(claim, { ...PATIENCE, interval });
}
