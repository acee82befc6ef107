import { Card } from '../parts/card';
import { Empty } from '../parts/empty';
import { clock } from '../parts/format';
import type { SystemAlert } from './health-book';

/** The last alerts about the platform. */
export function AlertList({ alerts }: { alerts: readonly SystemAlert[] }) {
  return (
    <Card title="System alerts" className="notices">
      {alerts.length === 0 && <Empty>No alerts yet.</Empty>}
      <ul className="notes">
        {alerts.slice(0, 6).map(({ id, component, message, at }) => (
          <li key={id} data-priority="warning">
            <p><strong>{component ?? 'System'}</strong> <time className="age" dateTime={at ?? undefined}>{clock(at)}</time></p>
            <p>{message}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
