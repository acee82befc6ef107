'use client';

import { useContext, useEffect, useMemo, useRef, useState } from 'react';

import type { ClientOptions } from '../types.js';
import { Conversation, SILENT } from './conversation.js';
import type { Conversed, Told } from './conversation.js';
import { Holder } from './holder.js';
import { ClientContext } from './provider.js';
import { useHolder } from './use-holder.js';
import { useSame } from './use-same.js';
import { useStore } from './use-store.js';

/** The options of ADR-010's hook, with what it took from elsewhere. */
export interface UseWebSocketOptions extends Told {
  /** Topics from the beginning; more by `sendMessage({ type: 'subscribe', topics })`. */
  topics?: readonly string[];
  /** With `getToken`: a client of this hook's own. Without: the provider's, whose own options then hold. */
  url?: string;
  getToken?: ClientOptions['getToken'];
  /** Of an own client. Default: true. */
  autoReconnect?: boolean;
  /** Of an own client; then it stops. Default: never, for a dashboard that has given up shows old news as if it were new. */
  maxReconnectAttempts?: number;
  /** Of an own client: the first window of the backoff in milliseconds. Default: 3,000. */
  reconnectInterval?: number;
}

/** What ADR-010's hook gives. */
export interface UseWebSocketResult extends Conversed {
  /** Whether the message is on its way. It waits for a connection if there is none; failures go to `onError`. */
  sendMessage(message: { type: string; [key: string]: unknown }): boolean;
  connect(): void;
  disconnect(): void;
}

/**
 * The hook of ADR-010, without its faults: inline callbacks open nothing anew, every message of a burst reaches
 * `onMessage` once, a dead socket is noticed, and while there is none the client polls (and is connected).
 */
export function useWebSocket(options: UseWebSocketOptions = {}): UseWebSocketResult {
  const { topics = [], url, getToken } = options;
  const latest = useRef(options);
  useEffect(() => void (latest.current = options));
  const given = useContext(ClientContext);
  const [holder] = useState(() => (url === undefined || getToken === undefined ? null : new Holder(own(options, url, getToken))));
  if (holder === null && given === null) {
    throw new Error('useWebSocket needs a <SteadfastProvider> around it, or `url` and `getToken` among its options.');
  }
  const owned = useHolder(holder);
  const client = owned ?? given;
  const same = useSame(topics);
  const conversation = useMemo(() => client && new Conversation(client, same, () => latest.current), [client, same]);
  const said = useStore(conversation, SILENT);
  return useMemo(() => ({
    ...said,
    sendMessage: (message) => conversation?.send(message) ?? false,
    connect: () => client?.connect(),
    disconnect: () => client?.disconnect(),
  }), [said, client, conversation]);
}

function own(options: UseWebSocketOptions, url: string, getToken: ClientOptions['getToken']): ClientOptions {
  const { autoReconnect, maxReconnectAttempts, reconnectInterval } = options;
  return {
    url,
    getToken,
    ...(autoReconnect !== undefined && { autoReconnect }),
    ...(maxReconnectAttempts !== undefined && { maxReconnectAttempts, exhausted: 'stop' as const }),
    ...(reconnectInterval !== undefined && { reconnectInterval }),
  };
}
