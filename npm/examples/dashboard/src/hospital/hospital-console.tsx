import { useState } from 'react';

import { useBook } from '../feed/book';
import { ConsoleFrame } from '../shell/console-frame';
import { AlertList } from './alert-list';
import { describeHospital } from './describe-hospital';
import { EncounterList } from './encounter-list';
import { HealthPanel } from './health-panel';
import { openHospitalBooks } from './hospital-books';
import type { HospitalBooks } from './hospital-books';
import { HospitalFeed } from './hospital-feed';
import { HospitalStats } from './hospital-stats';
import { ThreatList } from './threat-list';

const NOTIFIED = ['threats', 'system'];

/** The hospital's security console. */
export function HospitalConsole() {
  const [books] = useState(openHospitalBooks);
  return (
    <>
      <HospitalFeed books={books} />
      <ConsoleFrame title="Hospital security console" books={books} notified={NOTIFIED} describe={describeHospital} watched="threats" aside={<Alerts books={books} />}>
        <Hospital books={books} />
      </ConsoleFrame>
    </>
  );
}

function Hospital({ books }: { books: HospitalBooks }) {
  const threats = useBook(books.threats);
  const asks = useBook(books.asks);
  const encounters = useBook(books.encounters);
  const health = useBook(books.health);
  return (
    <>
      <HospitalStats threats={threats} asks={asks} encounters={encounters} health={health} />
      <ThreatList threats={threats} asks={asks} askBook={books.asks} holes={books.holes} />
      <EncounterList encounters={encounters} holes={books.holes} />
      <HealthPanel health={health} holes={books.holes} />
    </>
  );
}

function Alerts({ books }: { books: HospitalBooks }) {
  return <AlertList alerts={useBook(books.health).alerts} />;
}
