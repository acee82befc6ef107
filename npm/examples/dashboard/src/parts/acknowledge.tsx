import { useEffect, useRef, useState } from 'react';
import { useAcknowledge, usePublish } from 'steadfast/react';

import { askOf } from '../feed/asks';
import type { Asks } from '../feed/asks';
import { ACTIONS } from '../feed/use-asks';
import type { AskBook } from '../feed/use-asks';
import { useSession } from '../shell/session-context';
import { Icon } from './icon';

interface AcknowledgeProps {
  readonly asks: Asks;
  readonly book: AskBook;
  /** The events of the matter that ask. */
  readonly ids: readonly string[];
  /** The matter, for those who do not see the row. */
  readonly about: string;
  readonly testId: string;
}

/** The button, how far it is, or who has done it. */
export function Acknowledge({ asks, book, ids, about, testId }: AcknowledgeProps) {
  const { user } = useSession();
  const { acknowledge, pending } = useAcknowledge();
  const say = usePublish(ACTIONS);
  const [failure, setFailure] = useState<string | null>(null);
  const [isForgotten, setForgotten] = useState(false);
  const { open, by } = askOf(asks, ids);
  const waits = ids.some((id) => pending.has(id));
  const done = useFocusKept(open.length === 0);
  if (ids.length === 0) return <span className="ack-none">Nothing to acknowledge</span>;
  if (open.length === 0) {
    return <span className="ack-done" tabIndex={-1} ref={done.after}><Icon name="check" />{isForgotten ? 'The server has forgotten it' : doneText(by, user)}</span>;
  }
  const act = async () => {
    if (waits) return;
    setFailure(null);
    done.note();
    try {
      const { unknown } = await acknowledge(open);
      const known = open.filter((id) => !unknown.includes(id));
      book.dispatch({ kind: 'acknowledged', ids: known, by: user });
      unknown.forEach((id) => book.dispatch({ kind: 'gone', id }));
      setForgotten(known.length === 0);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      return;
    }
    // The server says that it is settled, not by whom: that is for the application to tell. Without it the others see
    // that it was acknowledged, and no name.
    say('user_action', { action: 'acknowledged', events: open, user }).catch(() => undefined);
  };
  return (
    <span className="ack">
      {failure !== null && <span className="ack-failed" role="alert">Not acknowledged: {failure}</span>}
      <button type="button" ref={done.before} className="button primary" aria-disabled={waits} data-testid={testId} onClick={() => void act()}>
        {waits ? 'Acknowledging…' : failure === null ? 'Acknowledge' : 'Try again'}<span className="hidden"> {about}</span>
      </button>
    </span>
  );
}

function doneText(by: readonly string[], user: string): string {
  if (by.length === 0) return 'Acknowledged elsewhere';
  return `By ${by.map((name) => (name === user ? 'you' : name)).join(', ')}`;
}

/** The button goes when it is done; the focus it had goes to what stands in its place. */
function useFocusKept(isDone: boolean) {
  const before = useRef<HTMLButtonElement>(null);
  const after = useRef<HTMLSpanElement>(null);
  const had = useRef(false);
  useEffect(() => {
    if (!isDone || !had.current) return;
    had.current = false;
    if (document.activeElement === document.body) after.current?.focus();
  }, [isDone]);
  return { before, after, note: () => void (had.current = document.activeElement === before.current) };
}
