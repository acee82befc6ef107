import { useSubscription } from 'steadfast/react';
import { readOpen } from 'steadfast/ui';
import type { SteadfastEvent } from 'steadfast';

import type { AskAction, Asks } from './asks';
import type { Book } from './book';
import { record, text } from './payload';

/** The book of what waits for a person. */
export type AskBook = Book<Asks, AskAction>;

/** Where people tell each other what they did. */
export const ACTIONS = 'actions';

/** Reads what of a topic is open, and who acknowledged. `onEvent` is given the open events, which the log may not hold any more. */
export function useAsks(topic: string, book: AskBook, onEvent: (event: SteadfastEvent) => void): void {
  useSubscription(`open:${topic}`, {
    onEvent: (value) => {
      const event = readOpen(value);
      if (event?.id === undefined) return;
      book.dispatch({ kind: 'open', id: event.id, replay: value.replay });
      onEvent(event);
    },
    onDeleted: ({ key }) => book.dispatch({ kind: 'gone', id: key }),
    onReset: () => book.dispatch({ kind: 'reset' }),
    onLive: () => book.dispatch({ kind: 'live' }),
    // A gap here is no loss: the values that there are follow anew.
    onGap: () => undefined,
  });
  useSubscription(ACTIONS, {
    onEvent: ({ type, payload }) => {
      const told = record(payload);
      const by = text(told?.user);
      if (type !== 'user_action' || told?.action !== 'acknowledged' || by === null || !Array.isArray(told.events)) return;
      book.dispatch({ kind: 'acknowledged', ids: told.events.filter((id) => typeof id === 'string'), by });
    },
    // Names that were missed are missing, and nothing else is.
    onGap: () => undefined,
    onFailed: () => undefined,
  }, { history: 200 });
}
