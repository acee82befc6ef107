import type { SteadfastEvent } from 'steadfast';

import { NO_ASKS, reduceAsks } from '../feed/asks';
import { Book } from '../feed/book';
import { NO_HOLES, reduceHoles } from '../feed/holes';
import type { FeedBooks } from '../feed/use-feed';
import type { AskBook } from '../feed/use-asks';
import { NO_TIMELINE, reduceTimeline } from '../timeline/timeline';
import { NO_ENCOUNTERS, reduceEncounters } from './encounter-book';
import type { EncounterBook } from './encounter-book';
import { NO_HEALTH, reduceHealth } from './health-book';
import type { HealthBook } from './health-book';
import { NO_THREATS, reduceThreats } from './threat-book';
import type { ThreatBook } from './threat-book';

/** All that the hospital's console knows. */
export interface HospitalBooks extends FeedBooks {
  readonly threats: Book<ThreatBook, SteadfastEvent>;
  readonly asks: AskBook;
  readonly encounters: Book<EncounterBook, SteadfastEvent>;
  readonly health: Book<HealthBook, SteadfastEvent>;
}

/** Empty books. */
export function openHospitalBooks(): HospitalBooks {
  return {
    threats: new Book(reduceThreats, NO_THREATS),
    asks: new Book(reduceAsks, NO_ASKS),
    encounters: new Book(reduceEncounters, NO_ENCOUNTERS),
    health: new Book(reduceHealth, NO_HEALTH),
    holes: new Book(reduceHoles, NO_HOLES),
    timeline: new Book(reduceTimeline, NO_TIMELINE),
  };
}
