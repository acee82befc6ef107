'use client';

import { useState } from 'react';

/** The value as first given, for as long as later ones say the same: inline objects ask for nothing anew. */
export function useSame<Value>(value: Value): Value {
  const [kept, keep] = useState(value);
  if (JSON.stringify(kept) === JSON.stringify(value)) return kept;
  keep(value);
  return value;
}
