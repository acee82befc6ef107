import type { ReactNode } from 'react';
import { useSteadfast } from 'steadfast/react';
import { RealTimeNotifications } from 'steadfast/ui';

import { BreakIt } from '../break-it/break-it';
import type { FeedBooks } from '../feed/use-feed';
import { TimelinePanel } from '../timeline/timeline-panel';
import { ErrorBoundary } from './error-boundary';
import { StatusStrip } from './status-strip';
import { WhoIsOnline } from './who-is-online';

interface ConsoleFrameProps {
  readonly title: string;
  readonly books: FeedBooks;
  /** The topics that people are notified of. */
  readonly notified: readonly string[];
  /** The topic whose readers are online. */
  readonly watched: string;
  readonly aside: ReactNode;
  readonly children: ReactNode;
}

/** What both consoles have: status, notifications, who is there, ways to break it, and what the connection went through. */
export function ConsoleFrame({ title, books, notified, watched, aside, children }: ConsoleFrameProps) {
  const client = useSteadfast();
  return (
    <>
      <StatusStrip timeline={books.timeline} />
      <main id="main" tabIndex={-1} className="console">
        <h1 className="hidden">{title}</h1>
        <div className="main">
          <ErrorBoundary name={title}>{children}</ErrorBoundary>
          <ErrorBoundary name="The connection's timeline"><TimelinePanel books={books} /></ErrorBoundary>
        </div>
        <div className="rail">
          <ErrorBoundary name="Break it"><BreakIt /></ErrorBoundary>
          <ErrorBoundary name="Notifications"><RealTimeNotifications client={client} topics={notified} toasts={TOASTS} /></ErrorBoundary>
          <ErrorBoundary name="Who is online"><WhoIsOnline topic={watched} /></ErrorBoundary>
          {aside}
        </div>
      </main>
    </>
  );
}

/** The list is in sight: more than one toast would only cover it. */
const TOASTS = { max: 1 };
