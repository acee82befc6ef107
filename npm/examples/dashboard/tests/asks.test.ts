import { describe, expect, test } from 'vitest';

import { askOf, MOST_ASKS, NO_ASKS, reduceAsks } from '../src/feed/asks';
import type { AskAction, Asks } from '../src/feed/asks';
import { orders } from './events';

const fold = (actions: readonly AskAction[], asks: Asks = NO_ASKS) => actions.reduce(reduceAsks, asks);
const stateOf = (asks: Asks, id: string) => asks.byId.get(id);
const OPEN = (replay: boolean) => ({ state: 'open', replay });
const BY = (by: string | null) => ({ state: 'acknowledged', by });

describe('asks', () => {
  test('an event that asks is open until it is acknowledged here', () => {
    const asked = fold([{ kind: 'asked', id: 'a', replay: false }]);
    expect(stateOf(asked, 'a')).toEqual(OPEN(false));
    expect(stateOf(fold([{ kind: 'acknowledged', ids: ['a'], by: 'ana' }], asked), 'a')).toEqual(BY('ana'));
  });

  test('somebody else acknowledges: first no name is known, then one, in whichever order that comes', () => {
    const told: readonly AskAction[] = [
      { kind: 'asked', id: 'a', replay: false }, { kind: 'gone', id: 'a' }, { kind: 'acknowledged', ids: ['a'], by: 'ben' },
    ];
    for (const order of orders(told)) expect(stateOf(fold([...order, ...order]), 'a')).toEqual(BY('ben'));
    expect(stateOf(fold(told.slice(0, 2)), 'a')).toEqual(BY(null));
  });

  test('of the past, what is not open was acknowledged before this page came, whichever topic comes first', () => {
    const log: AskAction[] = [{ kind: 'asked', id: 'old', replay: true }, { kind: 'asked', id: 'waits', replay: true }];
    const open: AskAction[] = [{ kind: 'reset' }, { kind: 'open', id: 'waits', replay: true }, { kind: 'live' }];
    for (const actions of [[...log, ...open], [...open, ...log]]) {
      const asks = fold(actions);
      expect(stateOf(asks, 'old')).toEqual(BY(null));
      expect(stateOf(asks, 'waits')).toEqual(OPEN(true));
    }
  });

  test('news that overtake the open topic stay open', () => {
    const asks = fold([{ kind: 'reset' }, { kind: 'live' }, { kind: 'asked', id: 'new', replay: false }]);
    expect(stateOf(asks, 'new')).toEqual(OPEN(false));
    expect(stateOf(fold([{ kind: 'reset' }, { kind: 'live' }], asks), 'new')).toEqual(OPEN(false));
  });

  test('what was acknowledged while away is known when the open topic is told anew', () => {
    const before = fold([{ kind: 'open', id: 'a', replay: true }, { kind: 'open', id: 'b', replay: true }, { kind: 'live' }]);
    const after = fold([{ kind: 'reset' }, { kind: 'open', id: 'b', replay: true }, { kind: 'live' }], before);
    expect(stateOf(after, 'a')).toEqual(BY(null));
    expect(stateOf(after, 'b')).toEqual(OPEN(true));
  });

  test('what a person acknowledged does not open again by a value told late', () => {
    const asks = fold([{ kind: 'acknowledged', ids: ['a'], by: 'ana' }, { kind: 'open', id: 'a', replay: false }]);
    expect(stateOf(asks, 'a')).toEqual(BY('ana'));
  });

  test('several events of one matter are open while any is', () => {
    const asks = fold([
      { kind: 'asked', id: 'a', replay: false }, { kind: 'asked', id: 'b', replay: false }, { kind: 'acknowledged', ids: ['a'], by: 'ben' },
    ]);
    expect(askOf(asks, ['a', 'b', 'never heard of'])).toEqual({ open: ['b'], by: ['ben'] });
  });

  test('they are bounded, and the acknowledged are forgotten first', () => {
    const many = Array.from({ length: MOST_ASKS }, (_, index): AskAction => ({ kind: 'asked', id: `a${index}`, replay: false }));
    const full = fold([...many, { kind: 'gone', id: 'a9' }, { kind: 'asked', id: 'new', replay: false }]);
    expect(full.byId.size).toBe(MOST_ASKS);
    expect(full.byId.has('a9')).toBe(false);
    expect(full.byId.has('a0')).toBe(true);
  });
});
