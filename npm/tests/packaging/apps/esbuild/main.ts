import { createClient } from 'steadfast/inline';

declare const options: { url: string; token: string };

const show = (text: unknown) => document.getElementById('page')!.append(` ${text}`);

createClient({ url: options.url, getToken: () => options.token }).subscribe('page', {
  onLive: () => show('live'),
  onEvent: ({ payload }) => show(payload),
});
