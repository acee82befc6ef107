import { createContext, useContext } from 'react';

import type { Way } from '../door/door';
import type { ConsoleName } from './use-route';

/** What all below the shell may ask for. */
export interface Session {
  readonly console: ConsoleName;
  readonly user: string;
  /** The look in force, for what is drawn by script. */
  readonly look: 'light' | 'dark';
  readonly way: Way;
  setWay(way: Way): void;
  /** Begins anew with what the server still holds. */
  reload(): void;
}

const Context = createContext<Session | null>(null);

/** Gives the session to all below it. */
export const SessionProvider = Context.Provider;

/** The session around this component. */
export function useSession(): Session {
  const session = useContext(Context);
  if (session === null) throw new Error('There is no session here: put <SessionProvider> around it.');
  return session;
}
