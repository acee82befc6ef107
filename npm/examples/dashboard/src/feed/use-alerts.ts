import type { SteadfastEvent, SubscribeOptions } from 'steadfast';

import { useAsks } from './use-asks';
import type { AskBook } from './use-asks';
import { useFeed } from './use-feed';
import type { FeedBooks } from './use-feed';

/** Reads a topic whose events ask for a person, and what of them is open. `onEvent` may be given an event more than once. */
export function useAlerts(
  topic: string, books: FeedBooks & { readonly asks: AskBook }, onEvent: (event: SteadfastEvent) => void, options: SubscribeOptions,
): void {
  useFeed(topic, books, {
    onEvent: (event) => {
      onEvent(event);
      if (event.requiresAcknowledgment && event.id !== undefined) {
        books.asks.dispatch({ kind: 'asked', id: event.id, replay: event.replay });
      }
    },
  }, options);
  useAsks(topic, books.asks, onEvent);
}
