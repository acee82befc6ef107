import type { HoleBook } from '../feed/use-feed';
import { Card } from '../parts/card';
import { Empty } from '../parts/empty';
import { GapNotice } from '../parts/gap-notice';
import type { HealthBook } from './health-book';
import { HealthTile } from './health-tile';

const TOPICS = ['system'];

/** The platform's components, each with its load and its response times. */
export function HealthPanel({ health, holes }: { health: HealthBook; holes: HoleBook }) {
  const components = [...health.components.values()].sort((one, other) => one.name.localeCompare(other.name));
  return (
    <Card title="System health" className="health">
      <GapNotice book={holes} topics={TOPICS} />
      {components.length === 0 && <Empty>No component has reported yet: one does every few seconds.</Empty>}
      <div className="health-tiles">
        {components.map((component) => <HealthTile key={component.name} component={component} />)}
      </div>
    </Card>
  );
}
