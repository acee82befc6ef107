'use client';

import { useOptionalSteadfast } from '../react/index.js';
import type { Client } from '../types.js';

/** What the components need of a client; every client has it, whatever its events. */
export type NotificationClient = Pick<Client, 'status' | 'onStatus' | 'connect' | 'subscribe' | 'acknowledge'>;

/** The client given, or that of the provider above. Throws where there is neither. */
export function useClient(given: NotificationClient | undefined): NotificationClient {
  const provided = useOptionalSteadfast();
  const client = given ?? provided;
  if (!client) {
    throw new Error('There is no client here: put <SteadfastProvider options={{ url, getToken }}> around this component, or give it a `client`.');
  }
  return client;
}
