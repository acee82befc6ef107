import { Call } from './names.js';

/** Tells what the page and the network do, until the answer is called. Where there is no page, there is little to tell. */
export function watchActivity(tell: (what: Call) => void): () => void {
  const undo: (() => void)[] = [];
  // Not by a signal: where tests put a DOM into Node, the signal may be of one and the target of the other.
  const on = (target: EventTarget | undefined, type: string, act: (event: Event) => void) => {
    target?.addEventListener?.(type, act);
    undo.push(() => target?.removeEventListener?.(type, act));
  };
  const scope = globalThis as unknown as EventTarget;
  const page = typeof document === 'object' ? document : undefined;
  on(page, 'visibilitychange', () => tell(page?.visibilityState === 'hidden' ? Call.Hidden : Call.Visible));
  on(scope, 'online', () => tell(Call.Online));
  on(scope, 'offline', () => tell(Call.Offline));
  if (page) {
    // Always: only a page without links may be kept, and one that is not kept is gone anyway.
    on(scope, 'pagehide', () => tell(Call.Freeze));
    on(scope, 'pageshow', (event) => (event as PageTransitionEvent).persisted && tell(Call.Thaw));
  }
  return () => undo.forEach((end) => end());
}
