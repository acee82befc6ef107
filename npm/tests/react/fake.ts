import { vi } from 'vitest';

import type { Client } from '../../src/types.js';
import { FakeClient } from '../ui/fake.js';

/** A whole client whose server is the test. */
export class WholeFake extends FakeClient {
  disconnects = 0;
  closes = 0;
  publish = vi.fn(() => Promise.resolve({ payload: null, duplicate: false }));
  request = vi.fn((_type: string, _payload?: unknown) => Promise.resolve({ payload: null, duplicate: false }));

  disconnect() { this.disconnects += 1; }

  close() { this.closes += 1; }

  statistics() { return { delivered: 7 }; }

  get client(): Client { return this as unknown as Client; }
}
