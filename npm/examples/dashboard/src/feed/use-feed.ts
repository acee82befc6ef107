import { useSubscription } from 'steadfast/react';
import type { SteadfastEvent, SubscribeOptions } from 'steadfast';

import type { TimelineBook } from '../timeline/use-timeline';
import type { Book } from './book';
import { lostOf, reasonText } from './holes';
import type { HoleAction, Holes } from './holes';

/** The book of what is missing. */
export type HoleBook = Book<Holes, HoleAction>;

/** Where a console's topics tell what goes wrong, and how long events took. */
export interface FeedBooks {
  readonly holes: HoleBook;
  readonly timeline: TimelineBook;
}

/** Reads a topic: events go to the handler, gaps and refusals to the books, latencies to the timeline. */
export function useFeed(
  topic: string,
  { holes, timeline }: FeedBooks,
  { onEvent, onReset }: { onEvent(event: SteadfastEvent): void; onReset?(): void },
  options: SubscribeOptions = {},
): void {
  useSubscription(topic, {
    onEvent: (event) => {
      onEvent(event);
      const published = Date.parse(event.timestamp ?? '');
      // What was published before is no measure of the way that it takes now.
      if (!event.replay && !Number.isNaN(published)) timeline.dispatch({ kind: 'delivered', latency: Date.now() - published });
    },
    onReset: () => onReset?.(),
    onGap: (gap) => {
      const at = Date.now();
      const lost = lostOf(gap);
      holes.dispatch({ kind: 'gap', at, gap });
      timeline.dispatch({ kind: 'noted', at, text: `Gap in ${topic}, ${lost === null ? 'of unknown size' : `${lost} lost`}: ${reasonText(gap.reason)}` });
    },
    onLive: () => holes.dispatch({ kind: 'given', topic }),
    onFailed: (error) => holes.dispatch({ kind: 'refused', topic, why: error.message }),
  }, options);
}
