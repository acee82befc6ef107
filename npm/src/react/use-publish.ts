'use client';

import { useCallback } from 'react';

import type { EventMap, EventType, PublishOptions, Result } from '../types.js';
import { useSteadfast } from './provider.js';

/** Publishes to a topic; resolves when the server has accepted it. The function stays the same. */
export function usePublish<Map extends EventMap = Record<string, unknown>>(
  topic: string,
): <Type extends EventType<Map>>(type: Type, payload: Map[Type], options?: PublishOptions) => Promise<Result> {
  const client = useSteadfast<Map>();
  return useCallback((type, payload, options) => client.publish(topic, type, payload, options), [client, topic]);
}
