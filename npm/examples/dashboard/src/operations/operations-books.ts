import type { SteadfastEvent } from 'steadfast';

import { NO_ASKS, reduceAsks } from '../feed/asks';
import { Book } from '../feed/book';
import { NO_HOLES, reduceHoles } from '../feed/holes';
import type { FeedBooks } from '../feed/use-feed';
import type { AskBook } from '../feed/use-asks';
import { NO_TIMELINE, reduceTimeline } from '../timeline/timeline';
import { NO_INCIDENTS, reduceIncidents } from './incident-book';
import type { IncidentBook } from './incident-book';
import { NO_NOTICES, reduceNotices } from './notices';
import type { Notice } from './notices';
import { NO_SITES, reduceSites } from './site-book';
import type { SiteAction, SiteBook } from './site-book';

/** All that the operations centre knows. */
export interface OperationsBooks extends FeedBooks {
  readonly incidents: Book<IncidentBook, SteadfastEvent>;
  readonly asks: AskBook;
  readonly sites: Book<SiteBook, SiteAction>;
  readonly notices: Book<readonly Notice[], SteadfastEvent>;
}

/** Empty books. */
export function openOperationsBooks(): OperationsBooks {
  return {
    incidents: new Book(reduceIncidents, NO_INCIDENTS),
    asks: new Book(reduceAsks, NO_ASKS),
    sites: new Book(reduceSites, NO_SITES),
    notices: new Book(reduceNotices, NO_NOTICES),
    holes: new Book(reduceHoles, NO_HOLES),
    timeline: new Book(reduceTimeline, NO_TIMELINE),
  };
}
