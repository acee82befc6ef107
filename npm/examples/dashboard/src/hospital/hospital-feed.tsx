import { useAlerts } from '../feed/use-alerts';
import { useFeed } from '../feed/use-feed';
import { useTimeline } from '../timeline/use-timeline';
import type { HospitalBooks } from './hospital-books';

/**
 * Writes what happens into the books; shows nothing. It stands first in the console: of a topic's listeners the first
 * one asks for its history.
 */
export function HospitalFeed({ books }: { books: HospitalBooks }) {
  const { threats, encounters, health } = books;
  useTimeline(books.timeline);
  useAlerts('threats', books, threats.dispatch, { history: 200 });
  useFeed('encounters', books, { onEvent: encounters.dispatch }, { history: 120 });
  useFeed('transcription', books, { onEvent: encounters.dispatch }, { history: 300 });
  useFeed('transcription.progress', books, { onEvent: encounters.dispatch });
  useFeed('system', books, { onEvent: health.dispatch }, { history: 200 });
  return null;
}
