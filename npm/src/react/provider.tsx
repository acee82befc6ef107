'use client';

import { createContext, useContext, useEffect, useState } from 'react';
import type { ReactNode } from 'react';

import type { AnyClient, Client, ClientOptions, EventMap } from '../types.js';
import { Holder } from './holder.js';
import { useHolder } from './use-holder.js';

export const ClientContext = createContext<Client | null>(null);

/** Either a client that is there already, or what one is made with. */
export type SteadfastProviderProps = { children?: ReactNode } & (
  | { /** Used as it is; whoever made it closes it. */ client: AnyClient; options?: undefined }
  | {
      /**
       * Makes a client and closes it when the provider has gone. Only `getToken` may change later; for another server
       * give the provider another `key`.
       */
      options: ClientOptions;
      client?: undefined;
    }
);

/** Gives the components below it one client. On a server it renders its children and connects nothing. */
export function SteadfastProvider({ client, options, children }: SteadfastProviderProps) {
  if (client !== undefined) return <ClientContext.Provider value={client as unknown as Client}>{children}</ClientContext.Provider>;
  return <OwningProvider options={options}>{children}</OwningProvider>;
}

/** The client of the provider above. Throws where there is none. */
export function useSteadfast<Events extends EventMap = Record<string, unknown>>(): Client<Events> {
  const client = useOptionalSteadfast();
  if (client === null) {
    throw new Error('There is no client here: put <SteadfastProvider options={{ url, getToken }}> around the components that use Steadfast.');
  }
  return client as unknown as Client<Events>;
}

/** The client of the provider above; `null` where there is none. For components that take a client by other ways too. */
export function useOptionalSteadfast(): Client | null {
  return useContext(ClientContext);
}

function OwningProvider({ options, children }: { options: ClientOptions; children?: ReactNode }) {
  const [holder] = useState(() => new Holder(options));
  useEffect(() => void (holder.options = options));
  const client = useHolder(holder);
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}
