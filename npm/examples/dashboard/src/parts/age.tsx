import { age, clock } from './format';
import { useNow } from './use-now';

/** How long ago something was, counting. */
export function Age({ from }: { from: string | null }) {
  const now = useNow();
  if (from === null) return <span className="age" title="It began before this page was opened">–</span>;
  return <time className="age" dateTime={from} title={`Since ${clock(from)}`}>{age(from, now)}</time>;
}
