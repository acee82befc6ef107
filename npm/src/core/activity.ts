import { Call } from './names.js';

/** Tells what the page and the network do, until the answer is called. Where there is no page, there is little to tell. */
export function watchActivity(tell: (what: Call) => void): () => void {
  const page = globalThis.document as Document | undefined;
  const watched: [target: Partial<EventTarget> | undefined, type: string, act: (event: Event) => void][] = [
    [page, 'visibilitychange', () => tell(page?.hidden ? Call.Hidden : Call.Visible)],
    [globalThis, 'online', () => tell(Call.Online)],
    [globalThis, 'offline', () => tell(Call.Offline)],
    // Always: only a page without links may be kept, and one that is not kept is gone anyway.
    [globalThis, 'pagehide', () => tell(Call.Freeze)],
    [globalThis, 'pageshow', (event) => (event as PageTransitionEvent).persisted && tell(Call.Thaw)],
  ];
  // Not by a signal: where tests put a DOM into Node, the signal may be of one and the target of the other.
  const each = (method: 'addEventListener' | 'removeEventListener') =>
    watched.forEach(([target, type, act]) => target?.[method]?.(type, act));
  each('addEventListener');
  return () => each('removeEventListener');
}
