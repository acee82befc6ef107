import { useStatistics, useStatus } from 'steadfast/react';
import type { Status } from 'steadfast';

import { useBook } from '../feed/book';
import { clock, count, milliseconds, seconds } from '../parts/format';
import { LoadAgain } from '../parts/load-again';
import { useNow } from '../parts/use-now';
import { wayOf } from '../timeline/timeline';
import type { TimelineBook } from '../timeline/use-timeline';

/**
 * Below the bar: how old what is shown may be, and what the connection has been through. Always as high, but for an end: that stays,
 * and is said whole.
 */
export function StatusStrip({ timeline }: { timeline: TimelineBook }) {
  const status = useStatus();
  const statistics = useStatistics();
  const { spans, seconds: past } = useBook(timeline);
  const now = useNow();
  const since = spans.at(-1)?.from ?? null;
  const latency = past.findLast((second) => second.latency !== null)?.latency ?? null;
  const figures: readonly (readonly [string, string])[] = [
    ['events', count(statistics?.delivered ?? 0)],
    ['latency', latency === null ? '–' : milliseconds(latency.mean)],
    ['repeats dropped', count(statistics?.repeats ?? 0)],
    ['gaps', count(statistics?.gaps ?? 0)],
  ];
  const said = sentence(status, since, now);
  return (
    <section className="strip" aria-label="Connection" data-way={wayOf(status)} data-state={status.state}>
      <p className="strip-text" title={said}>{said}</p>
      {status.state === 'crashed' && <LoadAgain />}
      <dl className="figures">
        {figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
    </section>
  );
}

function sentence({ state, transport, reason, retryAt }: Status, since: number | null, now: number): string {
  const from = since === null ? '' : ` since ${clock(since)}`;
  const why = reason === null ? '' : ` Reason: ${reason.message}.`;
  switch (state) {
    case 'loading': return `Loading the client.${why}`;
    case 'connected':
      return transport === 'polling'
        ? `Live by polling${from}: there is no WebSocket now, and the client keeps trying for one.`
        : `Live by WebSocket${from}.`;
    case 'connecting': {
      const next = retryAt === null || retryAt <= now ? 'Trying now.' : `Next attempt in ${seconds(retryAt - now)}.`;
      return `Not live${from}; what is shown may be old. ${next}${why}`;
    }
    case 'disconnected': return `Not connected${from}; what is shown may be old.${why}`;
    case 'closed': return `Stopped${from}; what is shown is old.${why}`;
    case 'crashed': return `The client has failed${from}; what is shown is old.${why}`;
  }
}
