import { useEffect, useRef, useState } from 'react';
import { useSteadfast } from 'steadfast/react';
import type { Client } from 'steadfast';

import type { Tell } from './trials';
import { overText } from './watch';

/** How far a trial is. */
export type Trial =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly text: string }
  | { readonly state: 'done'; readonly text: string }
  | { readonly state: 'failed'; readonly text: string };

/** A trial of this page's client; one that is over is tried no more. Another start forgets the one before. */
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
    const over = overText(client.status);
    const begun = over === null ? run(client, (text) => set({ state: 'running', text })) : Promise.reject(new Error(over));
    begun.then(
      (text) => set({ state: 'done', text }),
      (error: unknown) => set({ state: 'failed', text: `Failed: ${error instanceof Error ? error.message : String(error)}.` }),
    );
  };
  return { trial, start };
}
