import { afterAll } from 'vitest';

// React does the rest of its last commit in a turn of its own; the document must outlive that turn.
afterAll(() => new Promise((resolve) => { setImmediate(resolve); }));
