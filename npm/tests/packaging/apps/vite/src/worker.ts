import { createClient } from 'steadfast';

import { connection } from './options';

onmessage = ({ data }: MessageEvent<typeof options>) => {
  createClient(connection(data)).subscribe('worker', {
    onLive: () => postMessage('live'),
    onEvent: ({ payload }) => postMessage(payload),
  });
};
