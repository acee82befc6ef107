import { useEffect } from 'react';
import type { ReactNode } from 'react';
import { RealTimeNotifications } from 'steadfast/ui';
import type { Describe } from 'steadfast/ui';

import { BreakIt } from '../break-it/break-it';
import type { FeedBooks } from '../feed/use-feed';
import { clock, count } from '../parts/format';
import { TimelinePanel } from '../timeline/timeline-panel';
import { ErrorBoundary } from './error-boundary';
import { JumpTo } from './jump-to';
import { StatusStrip } from './status-strip';
import { WhoIsOnline } from './who-is-online';

interface ConsoleFrameProps {
  readonly title: string;
  readonly books: FeedBooks;
  /** The topics that people are notified of. */
  readonly notified: readonly string[];
  readonly describe: Describe;
  /** The topic whose readers are online. */
  readonly watched: string;
  readonly aside: ReactNode;
  readonly children: ReactNode;
}

/** What both consoles have: status, notifications, who is there, ways to break it, and what the connection went through. */
export function ConsoleFrame({ title, books, notified, describe, watched, aside, children }: ConsoleFrameProps) {
  useEffect(() => void (document.title = `${title} · Steadfast demo`), [title]);
  return (
    <>
      <StatusStrip timeline={books.timeline} />
      <JumpTo parts={PARTS} />
      <main id="main" tabIndex={-1} className="console">
        <h1 className="hidden">{title}</h1>
        <div className="main">
          <ErrorBoundary name={title}>{children}</ErrorBoundary>
          <ErrorBoundary name="The connection's timeline"><TimelinePanel books={books} /></ErrorBoundary>
        </div>
        <div className="rail">
          <ErrorBoundary name="Break it"><BreakIt /></ErrorBoundary>
          <ErrorBoundary name="Notifications"><RealTimeNotifications topics={notified} describe={describe} toasts={TOASTS} strings={STRINGS} /></ErrorBoundary>
          <ErrorBoundary name="Who is online"><WhoIsOnline topic={watched} /></ErrorBoundary>
          {aside}
        </div>
      </main>
    </>
  );
}

/** What is far down where there is one column. */
const PARTS = [['.break-it', 'Break it'], ['.sf-notifications', 'Notifications'], ['.timeline', 'Connection'], ['.online', 'Who is online']] as const;

/** The list is in sight: more than one toast would only cover it. */
const TOASTS = { max: 1 };

/** Short enough for the narrow place, and times as everywhere on the page. */
const STRINGS = { unread: (number: number) => `${count(number)} new`, soundBlocked: 'Enable sound', markAllRead: 'All read', time: clock };
