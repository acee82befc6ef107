import { useCallback, useEffect, useRef } from 'react';
import { useEvents } from 'steadfast/react';

import { burst } from '../door/door';
import { count } from '../parts/format';
import { useNow } from '../parts/use-now';
import { useSession } from '../shell/session-context';
import { checkBurst, isWhole } from './burst-check';
import type { BurstCheck } from './burst-check';
import { TrialRow } from './trial-row';
import { useTrial } from './use-trial';

const EVENTS = 1_000;

/** Publishes 1,000 numbered events at once and checks what came of them, and in how many renders. */
export function BurstRow() {
  const { console } = useSession();
  const { events, gaps } = useEvents('burst', { limit: 3 * EVENTS });
  const { trial, start } = useTrial();
  const check = checkBurst(events);
  const renders = useRenders(check);
  const act = () => start(async () => {
    await burst(console, EVENTS);
    return 'Published.';
  });
  return (
    <TrialRow icon="bolt" action={`Burst of ${count(EVENTS)}`} testId="break-burst" trial={trial} onAct={act}
      expect="Numbered events, all at once. Each comes once and in order, and the page renders a few times, not a thousand."
      {...(check !== null && trial.state !== 'failed' && { result: <BurstResult check={check} renders={renders} gaps={gaps.length} /> })} />
  );
}

function BurstResult({ check, renders, gaps }: { check: BurstCheck; renders(): number; gaps: number }) {
  useNow();
  const rendered = renders();
  const { received, repeated, inOrder } = check;
  const told = [
    `Received ${count(received)} of ${count(check.count)}`,
    inOrder ? 'in order' : 'out of order',
    repeated === 0 ? 'each once' : `${count(repeated)} more than once`,
    `in ${count(rendered)} ${rendered === 1 ? 'render' : 'renders'}`,
    ...(gaps > 0 ? [`${count(gaps)} ${gaps === 1 ? 'gap' : 'gaps'} told`] : []),
  ];
  return (
    <span data-testid="burst-result" data-received={received} data-count={check.count} data-whole={isWhole(check)}>
      {told.join(', ')}.
    </span>
  );
}

/** In how many renders that reached the page the run was shown. Counted aside: a counter that renders would count itself. */
function useRenders(check: BurstCheck | null): () => number {
  const counted = useRef({ run: '', received: 0, renders: 0 });
  const [run, received] = [check?.run ?? '', check?.received ?? 0];
  useEffect(() => {
    const before = counted.current;
    if (run === '' || (run === before.run && received === before.received)) return;
    counted.current = { run, received, renders: run === before.run ? before.renders + 1 : 1 };
  }, [run, received]);
  return useCallback(() => counted.current.renders, []);
}
