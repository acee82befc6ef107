import { useEffect, useRef, useState } from 'react';
import { useSteadfast } from 'steadfast/react';
import type { Client } from 'steadfast';

import type { Tell } from './trials';

/** How far a trial is. */
export type Trial =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly text: string }
  | { readonly state: 'done'; readonly text: string }
  | { readonly state: 'failed'; readonly text: string };

/** A trial of this page's client. Another start forgets the one before. */
export function useTrial(): { trial: Trial; start(run: (client: Client, tell: Tell) => Promise<string>): void } {
  const client = useSteadfast();
  const [trial, setTrial] = useState<Trial>({ state: 'idle' });
  const turn = useRef(0);
  useEffect(() => () => void (turn.current += 1), []);
  const start = (run: (client: Client, tell: Tell) => Promise<string>) => {
    turn.current += 1;
    const mine = turn.current;
    const set = (next: Trial) => {
      if (turn.current === mine) setTrial(next);
    };
    set({ state: 'running', text: 'Asked for.' });
    run(client, (text) => set({ state: 'running', text })).then(
      (text) => set({ state: 'done', text }),
      (error: unknown) => set({ state: 'failed', text: `Failed: ${error instanceof Error ? error.message : String(error)}.` }),
    );
  };
  return { trial, start };
}
