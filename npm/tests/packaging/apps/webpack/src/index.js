import { createClient } from 'steadfast';

const { url, token } = globalThis.options;
const show = (id, text) => document.getElementById(id).append(` ${text}`);

createClient({ url, getToken: () => token }).subscribe('page', {
  onLive: () => show('page', 'live'),
  onEvent: ({ payload }) => show('page', payload),
});

const worker = new Worker(new URL('./worker.js', import.meta.url));
worker.onmessage = ({ data }) => show('worker', data);
worker.postMessage(globalThis.options);
