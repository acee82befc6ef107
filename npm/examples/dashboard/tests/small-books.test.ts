import { describe, expect, test } from 'vitest';

import { told } from '../src/break-it/trials';
import { MOST_HOLES, NO_HOLES, reduceHoles } from '../src/feed/holes';
import { MOST_ALERTS, MOST_LOOKS, NO_HEALTH, reduceHealth } from '../src/hospital/health-book';
import { MOST_NOTICES, NO_NOTICES, reduceNotices } from '../src/operations/notices';
import { age } from '../src/parts/format';
import { event } from './events';

describe('holes', () => {
  const gap = (topic: string) => ({ kind: 'gap' as const, at: 1, gap: { topic, reason: 'history_evicted' as const } });

  test('they are kept per topic until a person has seen them, and all are counted', () => {
    const holes = [gap('incidents'), gap('kpis'), gap('incidents')].reduce(reduceHoles, NO_HOLES);
    const seen = reduceHoles(holes, { kind: 'seen', topics: ['incidents'] });
    expect(seen.holes.map(({ gap: { topic } }) => topic)).toEqual(['kpis']);
    expect(seen.count).toBe(3);
  });

  test('they are bounded', () => {
    const many = Array.from({ length: 2 * MOST_HOLES }, () => gap('incidents')).reduce(reduceHoles, NO_HOLES);
    expect(many.holes).toHaveLength(MOST_HOLES);
    expect(many.count).toBe(2 * MOST_HOLES);
    expect(new Set(many.holes.map(({ key }) => key)).size).toBe(MOST_HOLES);
  });

  test('a topic is refused until it is given', () => {
    const refused = reduceHoles(NO_HOLES, { kind: 'refused', topic: 'kpis', why: 'forbidden' });
    expect([...refused.refused]).toEqual([['kpis', 'forbidden']]);
    expect(reduceHoles(refused, { kind: 'given', topic: 'kpis' }).refused.size).toBe(0);
  });
});

describe('health book', () => {
  const look = (component: string, cpu: number, status = 'healthy') =>
    event('system', 'system.health', { component, status, cpu_percent: cpu, response_ms: 12 });

  test('the newest look is the state, and one told again changes nothing', () => {
    const [first, second] = [look('gateway', 10), look('gateway', 95, 'degraded')];
    const book = [first, second, first, second].reduce(reduceHealth, NO_HEALTH);
    expect(book.components.get('gateway')).toMatchObject({ status: 'degraded' });
    expect(book.components.get('gateway')?.history.map(({ cpu }) => cpu)).toEqual([10, 95]);
  });

  test('looks and alerts are bounded, and an alert stands once', () => {
    const alert = event('system', 'system.alert', { component: 'gateway', message: 'close to its limit' });
    expect([alert, alert].reduce(reduceHealth, NO_HEALTH).alerts).toHaveLength(1);
    const many = Array.from({ length: 200 }, (_, index) => [look('gateway', index % 100), event('system', 'system.alert', { component: 'x' })]).flat();
    const book = many.reduce(reduceHealth, NO_HEALTH);
    expect(book.components.get('gateway')?.history).toHaveLength(MOST_LOOKS);
    expect(book.alerts).toHaveLength(MOST_ALERTS);
  });
});

test('notices stand once, the newest first, bounded', () => {
  const notice = (title: string) => event('system_notifications', 'system_notification', { title, message: 'm' });
  const [one, two] = [notice('one'), notice('two')];
  expect([one, two, one].reduce(reduceNotices, NO_NOTICES).map(({ title }) => title)).toEqual(['two', 'one']);
  expect(Array.from({ length: 50 }, () => notice('x')).reduce(reduceNotices, NO_NOTICES)).toHaveLength(MOST_NOTICES);
});

test('what a break has cost is told as it was', () => {
  const counted = (gaps: number, repeats: number) => ({ gaps, repeats }) as Parameters<typeof told>[2];
  expect(told({ transport: 'websocket' }, 1_234, counted(1, 1), counted(1, 2))).toBe('Back by WebSocket after 1.2 s. Nothing was lost; 1 repeated event dropped.');
  expect(told({ transport: 'polling' }, 0, counted(0, 0), counted(2, 0))).toContain('by polling after 0.0 s. 2 gaps, shown where it matters; 0 repeated events');
});

test('an age counts as a clock does', () => {
  expect(age('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:02:13Z'))).toBe('02:13');
  expect(age('2026-01-01T00:00:00Z', Date.parse('2026-01-01T01:02:13Z'))).toBe('1:02:13');
  expect([age(null, 0), age('soon', 0)]).toEqual(['–', '–']);
});
