import { useDeferredValue } from 'react';

import { clock, milliseconds } from '../parts/format';
import { minutesOf } from './minutes';
import type { Minute } from './minutes';
import type { Timeline } from './timeline';

/** The timeline for those who read: minute by minute, and what happened. */
export function TimelineTable({ timeline }: { timeline: Timeline }) {
  const shown = useDeferredValue(timeline);
  const now = shown.seconds.at(-1)?.at ?? null;
  return (
    <details className="past">
      <summary>As a table</summary>
      <div className="table-place" tabIndex={0} role="region" aria-label="The connection by minute">
        <table>
          <caption className="hidden">The connection by minute, the newest first</caption>
          <thead>
            <tr>{['From', 'WebSocket', 'Polling', 'None', 'Attempts', 'Failed polls', 'Gaps', 'Repeats', 'Latency, mean', 'worst'].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
          </thead>
          <tbody>{now !== null && minutesOf(shown, now).map((minute) => <Row key={minute.from} {...minute} />)}</tbody>
        </table>
      </div>
      <h3 className="sub">What happened</h3>
      <ol className="entries" tabIndex={0} aria-label="What happened, the newest first">
        {shown.entries.map(({ key, at, text }) => <li key={key}><time className="age" dateTime={new Date(at).toISOString()}>{clock(at)}</time> {text}</li>)}
      </ol>
    </details>
  );
}

function Row({ from, ways, attempts, failedPolls, gaps, repeats, latency }: Minute) {
  const time = (seconds: number) => (seconds < 0.5 ? '–' : `${Math.round(seconds)} s`);
  return (
    <tr>
      <th scope="row">{clock(from)}</th>
      <td>{time(ways.websocket)}</td><td>{time(ways.polling)}</td><td>{time(ways.none)}</td>
      <td>{attempts}</td><td>{failedPolls}</td><td>{gaps}</td><td>{repeats}</td>
      <td>{latency === null ? '–' : milliseconds(latency.mean)}</td><td>{latency === null ? '–' : milliseconds(latency.worst)}</td>
    </tr>
  );
}
