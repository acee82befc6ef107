import { useLatest } from 'steadfast/react';

import { number, record } from '../feed/payload';
import { Card } from '../parts/card';
import { Empty } from '../parts/empty';
import { useSession } from './session-context';

/** Who reads the topic now: the server tells it in a state topic of its own. */
export function WhoIsOnline({ topic }: { topic: string }) {
  const { user } = useSession();
  const present = useLatest(`presence:${topic}`);
  const people = [...present].map(([name, { payload }]) => ({ name, clients: number(record(payload)?.clients) ?? 1 }))
    .sort((one, other) => one.name.localeCompare(other.name));
  return (
    <Card title="Who is online" className="online" aside={<span className="figure">{people.length}</span>}>
      {people.length === 0 && <Empty>Nobody is told to be here yet.</Empty>}
      <ul className="people">
        {people.slice(0, 30).map(({ name, clients }) => (
          <li key={name}>
            <span className="initial" aria-hidden="true">{name.charAt(0).toUpperCase()}</span>
            {name}{name === user && <span className="you"> you</span>}
            {clients > 1 && <span className="age">{clients} tabs</span>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
