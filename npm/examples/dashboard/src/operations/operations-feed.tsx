import { useEffect } from 'react';
import type { SteadfastEvent } from 'steadfast';

import { useAlerts } from '../feed/use-alerts';
import { useFeed } from '../feed/use-feed';
import { useTimeline } from '../timeline/use-timeline';
import type { OperationsBooks } from './operations-books';

/**
 * Writes what happens into the books; shows nothing. It stands first in the console: of a topic's listeners the first
 * one asks for its history.
 */
export function OperationsFeed({ books }: { books: OperationsBooks }) {
  const { incidents, sites, notices } = books;
  useTimeline(books.timeline);
  useAlerts('incidents', books, incidents.dispatch, { history: 300 });
  useFeed('sites', books, { onEvent: (event: SteadfastEvent) => sites.dispatch({ kind: 'status', event }) }, { history: 400 });
  useFeed('kpis', books, {
    onEvent: (event) => sites.dispatch({ kind: 'kpis', event, now: Date.now() }),
    onReset: () => sites.dispatch({ kind: 'reset' }),
  });
  useFeed('system_notifications', books, { onEvent: notices.dispatch }, { history: 20 });
  useEffect(() => {
    const timer = setInterval(() => sites.dispatch({ kind: 'tick', now: Date.now() }), 1_000);
    return () => clearInterval(timer);
  }, [sites]);
  return null;
}
