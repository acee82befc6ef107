import type { SteadfastEvent } from 'steadfast';

import { putBounded } from './bounded';

/**
 * Which events still wait for a person. Two topics tell it, in no mutual order: the log brings an event that asks, and
 * `open:{topic}` holds the ones that nobody has acknowledged, here or elsewhere.
 */
export interface Asks {
  readonly byId: ReadonlyMap<string, Ask>;
  /** All that is open has been told. */
  readonly known: boolean;
  /** What `open:` told since it began anew. */
  readonly told: ReadonlySet<string>;
}

/** Where one event stands. */
export type Ask =
  | { readonly state: 'open'; readonly replay: boolean }
  /** `by` is `null` where nobody said who it was. */
  | { readonly state: 'acknowledged'; readonly by: string | null };

/** What happens to asks. */
export type AskAction =
  /** The log brought an event that asks. */
  | { readonly kind: 'asked'; readonly id: string; readonly replay: boolean }
  /** `open:` holds it. */
  | { readonly kind: 'open'; readonly id: string; readonly replay: boolean }
  /** `open:` holds it no more. */
  | { readonly kind: 'gone'; readonly id: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'live' }
  /** Somebody says that they acknowledged these. */
  | { readonly kind: 'acknowledged'; readonly ids: readonly string[]; readonly by: string };

/** Beyond this many the oldest is forgotten. */
export const MOST_ASKS = 1_000;

/** Before anything is told. */
export const NO_ASKS: Asks = { byId: new Map(), known: false, told: new Set() };

/** What the asks are after an action. */
export function reduceAsks(asks: Asks, action: AskAction): Asks {
  switch (action.kind) {
    case 'asked': {
      if (asks.byId.has(action.id)) return asks;
      // Of the past, what is not open was acknowledged; news may overtake the other topic.
      const settled = action.replay && asks.known && !asks.told.has(action.id);
      return put(asks, action.id, settled ? { state: 'acknowledged', by: null } : { state: 'open', replay: action.replay });
    }
    case 'open': {
      const now = asks.byId.get(action.id);
      const told = new Set(asks.told).add(action.id);
      // What a person is known to have acknowledged does not open again.
      if (now?.state === 'acknowledged' && now.by !== null) return { ...asks, told };
      return put({ ...asks, told }, action.id, { state: 'open', replay: action.replay });
    }
    case 'gone': {
      const told = new Set(asks.told);
      told.delete(action.id);
      return settle({ ...asks, told }, [action.id], null);
    }
    case 'reset':
      return { ...asks, known: false, told: new Set() };
    case 'live': {
      const settled = [...asks.byId].filter(([id, ask]) => ask.state === 'open' && ask.replay && !asks.told.has(id));
      return { ...settle(asks, settled.map(([id]) => id), null), known: true };
    }
    case 'acknowledged':
      return settle(asks, action.ids, action.by);
  }
}

/** Where several events of one matter stand together: open while any of them is. */
export function askOf(asks: Asks, ids: readonly string[]): { readonly open: readonly string[]; readonly by: readonly string[] } {
  const open: string[] = [];
  const by = new Set<string>();
  for (const id of ids) {
    const ask = asks.byId.get(id);
    if (ask?.state === 'open') open.push(id);
    else if (ask?.state === 'acknowledged' && ask.by !== null) by.add(ask.by);
  }
  return { open, by: [...by] };
}

/** The events of one matter that ask to be acknowledged, with this one if it asks; each once. */
export function withAsk(ids: readonly string[], { id, requiresAcknowledgment }: Pick<SteadfastEvent, 'id' | 'requiresAcknowledgment'>): readonly string[] {
  return requiresAcknowledgment && id !== undefined && !ids.includes(id) ? [...ids, id] : ids;
}

function settle(asks: Asks, ids: readonly string[], by: string | null): Asks {
  return ids.reduce((before, id) => {
    const now = before.byId.get(id);
    if (now?.state === 'acknowledged' && (by === null || now.by !== null)) return before;
    return put(before, id, { state: 'acknowledged', by });
  }, asks);
}

function put(asks: Asks, id: string, ask: Ask): Asks {
  return { ...asks, byId: putBounded(asks.byId, id, ask, MOST_ASKS, ({ state }) => state === 'acknowledged') };
}
