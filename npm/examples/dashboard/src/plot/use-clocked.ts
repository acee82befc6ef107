import { useMemo } from 'react';

import { useNow } from '../parts/use-now';

/** The data anew every second, so that a plot moves on though nothing new comes. */
export function useClocked<Data>(make: () => Data, inputs: readonly unknown[]): Data {
  const now = useNow();
  return useMemo(make, [now, ...inputs]);
}
