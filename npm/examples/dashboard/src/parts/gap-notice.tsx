import { useBook } from '../feed/book';
import { lostOf, reasonText } from '../feed/holes';
import type { Hole } from '../feed/holes';
import type { HoleBook } from '../feed/use-feed';
import { useSession } from '../shell/session-context';
import { clock, count } from './format';
import { Icon } from './icon';

/** Says at a list that something was missed, and offers what there still is. Never goes by itself. */
export function GapNotice({ book, topics }: { book: HoleBook; topics: readonly string[] }) {
  const { reload } = useSession();
  const known = useBook(book);
  const holes = known.holes.filter(({ gap }) => topics.includes(gap.topic));
  const last = holes.at(-1);
  const refused = [...known.refused].find(([topic]) => topics.includes(topic));
  if (refused) return <p className="gap-notice" role="alert"><Icon name="block" />{refused[0]} is not given: {refused[1]}</p>;
  if (!last) return null;
  return (
    <div className="gap-notice" role="alert" data-testid="gap-notice">
      <Icon name="hole" />
      <p>
        <strong>Something was missed here{holes.length > 1 && ` (${count(holes.length)} times)`}.</strong> {sentence(last)}
      </p>
      <span className="gap-actions">
        <button type="button" className="button" onClick={reload}>Reload</button>
        <button type="button" className="button quiet" onClick={() => book.dispatch({ kind: 'seen', topics })}>Dismiss</button>
      </span>
    </div>
  );
}

function sentence({ at, gap }: Hole): string {
  const lost = lostOf(gap);
  const what = lost === null ? 'Events' : lost === 1 ? '1 event' : `${count(lost)} events`;
  return `${what} of ${gap.topic} did not come, ${clock(at)}: ${reasonText(gap.reason)}.`;
}
