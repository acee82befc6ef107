'use client';

import { useEffect, useState } from 'react';

import type { Statistics } from '../types.js';
import { useSteadfast } from './provider.js';

/** The client's counters, read anew every `interval` milliseconds (1,000). `null` on a server and at first. */
export function useStatistics(interval = 1_000): Statistics | null {
  const client = useSteadfast();
  const [statistics, setStatistics] = useState<Statistics | null>(null);
  useEffect(() => {
    const read = () => setStatistics(client.statistics());
    read();
    const timer = setInterval(read, interval);
    return () => clearInterval(timer);
  }, [client, interval]);
  return statistics;
}
