import type { Gap } from 'steadfast';

/** A place where events are missing. */
export interface Hole {
  readonly key: number;
  readonly at: number;
  readonly gap: Gap;
}

/** The holes of all topics, newest last. */
export interface Holes {
  readonly holes: readonly Hole[];
  /** How many there were in all. */
  readonly count: number;
  /** The topics that the server refuses, and why. */
  readonly refused: ReadonlyMap<string, string>;
}

/** What happens to holes. */
export type HoleAction =
  | { readonly kind: 'gap'; readonly at: number; readonly gap: Gap }
  | { readonly kind: 'refused'; readonly topic: string; readonly why: string }
  /** The topic is given after all. */
  | { readonly kind: 'given'; readonly topic: string }
  /** A person has seen those of these topics. */
  | { readonly kind: 'seen'; readonly topics: readonly string[] };

/** Beyond this many the oldest is forgotten, and still counted. */
export const MOST_HOLES = 50;

/** None yet. */
export const NO_HOLES: Holes = { holes: [], count: 0, refused: new Map() };

/** The holes after an action. */
export function reduceHoles(state: Holes, action: HoleAction): Holes {
  switch (action.kind) {
    case 'gap': {
      const hole = { key: state.count, at: action.at, gap: action.gap };
      return { ...state, holes: [...state.holes.slice(1 - MOST_HOLES), hole], count: state.count + 1 };
    }
    case 'refused':
      return { ...state, refused: new Map(state.refused).set(action.topic, action.why) };
    case 'given': {
      if (!state.refused.has(action.topic)) return state;
      return { ...state, refused: new Map([...state.refused].filter(([topic]) => topic !== action.topic)) };
    }
    case 'seen':
      return { ...state, holes: state.holes.filter(({ gap }) => !action.topics.includes(gap.topic)) };
  }
}

/** A gap's reason in words. */
export function reasonText(reason: Gap['reason']): string {
  switch (reason) {
    case 'history_evicted': return 'the server no longer had them when the connection was back';
    case 'epoch_changed': return 'the server was started anew and forgot its history';
    case 'slow_consumer': return 'this page could not keep up';
    case 'source_lost': return 'the server lost them';
    default: return reason;
  }
}

/** How many are missing, where the server can name them. */
export function lostOf(gap: Gap): number | null {
  return gap.lost ? gap.lost[1] - gap.lost[0] + 1 : null;
}
