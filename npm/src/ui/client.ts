'use client';

import { useOptionalSteadfast } from '../react/index.js';
import type { AnyClient, Client } from '../types.js';

type Needed = 'status' | 'onStatus' | 'connect' | 'subscribe' | 'acknowledge';

/** What the components need of a client; every client has it, whatever its events. */
export type NotificationClient = Pick<AnyClient, Needed>;

/** The same, for those who listen to it. */
export type ListenedClient = Pick<Client, Needed>;

/** The client given, or that of the provider above. Throws where there is neither. */
export function useClient(given: NotificationClient | undefined): ListenedClient {
  const provided = useOptionalSteadfast();
  const client = (given as ListenedClient | undefined) ?? provided;
  if (!client) {
    throw new Error('There is no client here: put <SteadfastProvider options={{ url, getToken }}> around this component, or give it a `client`.');
  }
  return client;
}
