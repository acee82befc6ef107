import { createClient } from 'steadfast';

onmessage = ({ data: { url, token } }) => {
  createClient({ url, getToken: () => token }).subscribe('worker', {
    onLive: () => postMessage('live'),
    onEvent: ({ payload }) => postMessage(payload),
  });
};
