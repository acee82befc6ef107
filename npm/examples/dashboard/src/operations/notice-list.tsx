import type { HoleBook } from '../feed/use-feed';
import { Card } from '../parts/card';
import { Empty } from '../parts/empty';
import { clock } from '../parts/format';
import { GapNotice } from '../parts/gap-notice';
import type { Notice } from './notices';

const TOPICS = ['system_notifications'];

/** Messages to everybody in the centre. */
export function NoticeList({ notices, holes }: { notices: readonly Notice[]; holes: HoleBook }) {
  return (
    <Card title="System notices" className="notices">
      <GapNotice book={holes} topics={TOPICS} />
      {notices.length === 0 && <Empty>No notices yet.</Empty>}
      <ul className="notes">
        {notices.slice(0, 6).map(({ id, title, message, priority, at }) => (
          <li key={id} data-priority={priority ?? undefined}>
            <p><strong>{title}</strong> <time className="age" dateTime={at ?? undefined}>{clock(at)}</time></p>
            <p>{message}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
