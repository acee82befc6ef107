import { useState } from 'react';

import { useBook } from '../feed/book';
import { ConsoleFrame } from '../shell/console-frame';
import { describeOperations } from './describe-operations';
import { FleetPlot } from './fleet-plot';
import { IncidentList } from './incident-list';
import { NoticeList } from './notice-list';
import { openOperationsBooks } from './operations-books';
import type { OperationsBooks } from './operations-books';
import { OperationsFeed } from './operations-feed';
import { OperationsStats } from './operations-stats';
import { sitesInOrder } from './site-book';
import { SiteDetail } from './site-detail';
import { SiteMatrix } from './site-matrix';

const NOTIFIED = ['incidents', 'system_notifications'];

/** The network operations centre. */
export function OperationsConsole() {
  const [books] = useState(openOperationsBooks);
  return (
    <>
      <OperationsFeed books={books} />
      <ConsoleFrame title="Network operations centre" books={books} notified={NOTIFIED} describe={describeOperations} watched="incidents" aside={<Notices books={books} />}>
        <Operations books={books} />
      </ConsoleFrame>
    </>
  );
}

function Operations({ books }: { books: OperationsBooks }) {
  const incidents = useBook(books.incidents);
  const asks = useBook(books.asks);
  const sites = useBook(books.sites);
  const [chosen, choose] = useState<string | null>(null);
  const site = (chosen === null ? sitesInOrder(sites)[0] : sites.sites.get(chosen)) ?? null;
  return (
    <>
      <OperationsStats incidents={incidents} asks={asks} sites={sites} />
      <div className="pair">
        <SiteMatrix book={sites} selected={site?.id ?? null} onSelect={choose} />
        <SiteDetail site={site} />
      </div>
      <IncidentList incidents={incidents} asks={asks} askBook={books.asks} holes={books.holes} onSite={choose} />
      <FleetPlot fleet={sites.fleet} />
    </>
  );
}

function Notices({ books }: { books: OperationsBooks }) {
  return <NoticeList notices={useBook(books.notices)} holes={books.holes} />;
}
