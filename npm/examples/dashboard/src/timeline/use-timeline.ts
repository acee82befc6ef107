import { useEffect } from 'react';
import { useSteadfast } from 'steadfast/react';

import type { Book } from '../feed/book';
import type { Timeline, TimelineAction } from './timeline';

/** The book of the connection's last minutes. */
export type TimelineBook = Book<Timeline, TimelineAction>;

/** Writes the client's status, as it changes, and its counters, every second. */
export function useTimeline(book: TimelineBook): void {
  const client = useSteadfast();
  useEffect(() => {
    const write = () => book.dispatch({ kind: 'status', at: Date.now(), status: client.status });
    write();
    const end = client.onStatus(write);
    const timer = setInterval(() => book.dispatch({ kind: 'second', at: Date.now(), statistics: client.statistics() }), 1_000);
    return () => {
      end();
      clearInterval(timer);
    };
  }, [client, book]);
}
