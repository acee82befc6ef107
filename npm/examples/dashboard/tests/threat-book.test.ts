import type { SteadfastEvent } from 'steadfast';
import { describe, expect, test } from 'vitest';

import { activeThreats, kindText, MOST_THREATS, NO_THREATS, pastThreats, reduceThreats } from '../src/hospital/threat-book';
import { event, orders } from './events';

const detected = (id: string) => event('threats', 'threat.detected', {
  threat_id: id, threat_type: 'brute_force', severity: 'high', description: 'Many failed logins', source_ip: '10.1.2.3', confidence: 87.5, status: 'active',
}, { requiresAcknowledgment: true });
const contained = (id: string) => event('threats', 'threat.updated', { threat_id: id, threat_type: 'brute_force', status: 'contained', affected_hosts: 3 });
const resolved = (id: string) => event('threats', 'threat.resolved', { threat_id: id, threat_type: 'brute_force', status: 'resolved' });
const fold = (events: readonly SteadfastEvent[]) => events.reduce(reduceThreats, NO_THREATS);

describe('threat book', () => {
  test('any order, with every event twice, comes to the same, and a stage never goes back', () => {
    const life = [detected('t'), contained('t'), resolved('t')];
    const plain = fold(life);
    expect(plain.get('t')).toMatchObject({
      stage: 'resolved', severity: 'high', confidence: 87.5, sourceIp: '10.1.2.3', affectedHosts: 3, asks: [life[0]?.id],
      times: { detected: life[0]?.timestamp, contained: life[1]?.timestamp, resolved: life[2]?.timestamp },
    });
    for (const order of orders(life)) expect(fold([...order, ...order])).toEqual(plain);
  });

  test('who came too late sees the stage, and nothing that was not told', () => {
    const book = fold([contained('t')]);
    expect(activeThreats(book)[0]).toMatchObject({ stage: 'contained', severity: null, sourceIp: null, asks: [] });
    expect(activeThreats(book)[0]?.times.detected).toBeUndefined();
  });

  test('active ones are apart from resolved ones, the newest first', () => {
    const book = fold([detected('a'), detected('b'), detected('c'), resolved('b'), resolved('a')]);
    expect(activeThreats(book).map(({ id }) => id)).toEqual(['c']);
    expect(pastThreats(book, 5).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(pastThreats(book, 1).map(({ id }) => id)).toEqual(['a']);
  });

  test('what is no threat changes nothing', () => {
    expect(fold([event('threats', 'threat.detected', {}), event('threats', 'other', { threat_id: 't' })])).toBe(NO_THREATS);
  });

  test('the book is bounded: resolved ones leave first', () => {
    const many = Array.from({ length: MOST_THREATS }, (_, index) => detected(`t${index}`));
    const book = fold([...many, resolved('t9'), detected('new')]);
    expect(book.size).toBe(MOST_THREATS);
    expect(book.has('t9')).toBe(false);
    expect(book.has('t0')).toBe(true);
  });

  test('a kind is read by people', () => expect(kindText('data_exfiltration')).toBe('Data exfiltration'));
});
