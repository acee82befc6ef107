import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { type Vector, decode, expected } from './support/normal.js';

const FOLDER = new URL('../../tests/vectors/', import.meta.url);

describe('the browser decodes the golden vectors as they say', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
    test(file, () => {
      const vectors = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Vector[];
      expect(vectors).not.toHaveLength(0);
      for (const vector of vectors) {
        if (vector.direction === 'server') expect(decode(vector), vector.name).toEqual(expected(vector));
      }
    });
  }
});
