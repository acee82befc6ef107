import { createClient } from '/steadfast/index.js';

import { TOPIC } from '../events.mjs';

/** The package as it is built, with the module that it loads by itself. */
export function open(url, { take, lost, token }) {
  const client = createClient({ url, getToken: () => token, transport: 'websocket', logLevel: 'error' });
  return new Promise((resolve) => {
    client.subscribe(TOPIC, {
      onEvent: ({ payload }) => take(payload),
      onGap: (gap) => lost(`a gap: ${JSON.stringify(gap)}`),
      onFailed: (error) => lost(`refused: ${error.message}`),
      onLive: resolve,
    });
  });
}
