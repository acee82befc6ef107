import type { SteadfastEvent } from 'steadfast';
import { describe, expect, test } from 'vitest';

import { MOST_INCIDENTS, NO_INCIDENTS, openIncidents, pastIncidents, reduceIncidents } from '../src/operations/incident-book';
import type { IncidentBook } from '../src/operations/incident-book';
import { event, orders } from './events';

const alert = (id: string, severity = 'high') => event('incidents', 'incident_alert', {
  incident: { id, title: 'Power loss', description: 'Mains failed.', severity, site_id: 'TWR-001', region: 'east', status: 'open' },
}, { requiresAcknowledgment: true });
const escalated = (id: string, level: number, to: string) => event('incidents', 'incident_escalated', {
  incident: { id, title: 'Power loss', site_id: 'TWR-001', status: 'open' }, level, escalated_to: to,
}, { requiresAcknowledgment: true });
const resolved = (id: string) => event('incidents', 'incident_resolved', {
  incident: { id, title: 'Power loss', site_id: 'TWR-001', status: 'resolved' },
});
const fold = (events: readonly SteadfastEvent[], book: IncidentBook = NO_INCIDENTS) => events.reduce(reduceIncidents, book);

describe('incident book', () => {
  test('an incident is opened, goes up and is resolved', () => {
    const life = [alert('INC-1'), escalated('INC-1', 1, 'shift lead'), escalated('INC-1', 2, 'duty manager')];
    const open = fold(life);
    expect(openIncidents(open)).toHaveLength(1);
    expect(open.get('INC-1')).toMatchObject({ severity: 'high', region: 'east', openedAt: life[0]?.timestamp, resolvedAt: null });
    expect(open.get('INC-1')?.escalations.map(({ level, to }) => `${level} ${to}`)).toEqual(['1 shift lead', '2 duty manager']);
    expect(open.get('INC-1')?.asks).toEqual(life.map(({ id }) => id));

    const end = resolved('INC-1');
    const over = fold([end], open);
    expect(openIncidents(over)).toEqual([]);
    expect(pastIncidents(fold([resolved('INC-1')], over), 5).map(({ resolvedAt }) => resolvedAt)).toEqual([end.timestamp]);
  });

  test('any order, with every event twice, comes to the same: the open topic brings alerts late', () => {
    const life = [alert('INC-1'), escalated('INC-1', 1, 'shift lead'), escalated('INC-1', 2, 'duty manager'), resolved('INC-1')];
    const plain = fold(life).get('INC-1');
    for (const order of orders(life)) {
      const book = fold([...order, ...order]);
      expect([...book.keys()]).toEqual(['INC-1']);
      const { asks = [], ...rest } = book.get('INC-1') ?? {};
      const { asks: expected = [], ...same } = plain ?? {};
      expect(rest).toEqual(same);
      expect(new Set(asks)).toEqual(new Set(expected));
      expect(asks).toHaveLength(expected.length);
    }
  });

  test('who came too late knows the title and the site, and no severity', () => {
    const book = fold([escalated('INC-7', 2, 'duty manager')]);
    expect(book.get('INC-7')).toMatchObject({ title: 'Power loss', site: 'TWR-001', severity: null, openedAt: null });
    expect(openIncidents(book)).toHaveLength(1);
    expect(openIncidents(fold([resolved('INC-8')]))).toEqual([]);
  });

  test('the gravest are first, and among equals the newest', () => {
    const book = fold([alert('a', 'low'), alert('b', 'critical'), alert('c', 'critical'), escalated('d', 1, 'x'), alert('e', 'medium')]);
    expect(openIncidents(book).map(({ id }) => id)).toEqual(['c', 'b', 'e', 'a', 'd']);
  });

  test('what is no incident changes nothing, and an alert without an id is known by its event', () => {
    expect(fold([event('incidents', 'incident_alert', null), event('incidents', 'other', { incident: { id: 'x' } })])).toBe(NO_INCIDENTS);
    const nameless = event('incidents', 'incident_alert', { incident: { title: 'Power loss' } });
    expect([...fold([nameless]).keys()]).toEqual([nameless.id]);
  });

  test('the book is bounded: resolved ones leave first', () => {
    const many = Array.from({ length: MOST_INCIDENTS }, (_, index) => alert(`INC-${index}`));
    const full = fold([...many, resolved('INC-50'), alert('INC-new')]);
    expect(full.size).toBe(MOST_INCIDENTS);
    expect(full.has('INC-50')).toBe(false);
    expect(full.has('INC-0')).toBe(true);
    const over = fold([alert('INC-newer')], full);
    expect(over.size).toBe(MOST_INCIDENTS);
    expect(over.has('INC-0')).toBe(false);
  });
});
