import { useSyncExternalStore } from 'react';

/** The two consoles, as they stand in the address. */
export const CONSOLES = ['operations', 'hospital'] as const;

/** One of them. */
export type ConsoleName = (typeof CONSOLES)[number];

/** What a console is called. */
export const CONSOLE_TITLES: Readonly<Record<ConsoleName, string>> = {
  operations: 'Operations centre',
  hospital: 'Hospital',
};

/** The console that the address names; the first where it names none. */
export function useRoute(): ConsoleName {
  return useSyncExternalStore(subscribe, read);
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}

function read(): ConsoleName {
  return CONSOLES.find((name) => location.hash === `#/${name}`) ?? CONSOLES[0];
}
