import { askOf } from '../feed/asks';
import type { Asks } from '../feed/asks';
import { count, decimal } from '../parts/format';
import { Stat } from '../parts/stat';
import type { Tone } from '../parts/stat';
import { runningEncounters } from './encounter-book';
import type { EncounterBook } from './encounter-book';
import type { HealthBook } from './health-book';
import { activeThreats } from './threat-book';
import type { ThreatBook } from './threat-book';

interface HospitalStatsProps {
  readonly threats: ThreatBook;
  readonly asks: Asks;
  readonly encounters: EncounterBook;
  readonly health: HealthBook;
}

/** The figures at the head of the hospital's console. */
export function HospitalStats({ threats, asks, encounters, health }: HospitalStatsProps) {
  const active = activeThreats(threats);
  const contained = active.filter(({ stage }) => stage === 'contained').length;
  const waiting = [...threats.values()].filter((threat) => askOf(asks, threat.asks).open.length > 0);
  const critical = active.filter(({ severity }) => severity === 'critical').length;
  const running = runningEncounters(encounters);
  const done = encounters.size - running.length;
  const components = [...health.components.values()];
  const degraded = components.filter(({ status }) => status !== 'healthy');
  const times = components.map(({ history }) => history.at(-1)?.responseMs ?? null).filter((time) => time !== null);
  const slowest = times.length === 0 ? null : Math.max(...times);
  const isKnown = threats.size + encounters.size + components.length > 0;
  const figure = (value: number, tone: Tone) => (isKnown ? { value: count(value), tone: value > 0 ? tone : 'good' as const } : { value: '–' });
  return (
    <dl className="stats">
      <Stat label="Active threats" {...figure(active.length, 'warning')} note={`${count(contained)} contained`} />
      <Stat label="Critical" {...figure(critical, 'bad')} note="of those active" />
      <Stat label="Unacknowledged" {...figure(waiting.length, 'bad')} note="by anybody" />
      <Stat label="Encounters" value={isKnown ? count(running.length) : '–'} note={`${count(done)} completed`} />
      <Stat label="Components" value={components.length === 0 ? '–' : count(components.length)} tone={degraded.length > 0 ? 'warning' : 'plain'}
        note={components.length === 0 ? 'none has reported yet' : degraded.length === 0 ? 'none is degraded' : `${degraded.map(({ name }) => name).join(', ')} degraded`} />
      <Stat label="Slowest response" value={decimal(slowest, 0)} unit="ms" note="last look at each" />
    </dl>
  );
}
