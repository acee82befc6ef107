import type { ClientOptions } from 'steadfast';

/** Where the server is, and the token: the test gives them to the page before its scripts run. */
declare global {
  var options: { url: string; token: string };
}

export function connection({ url, token } = globalThis.options): ClientOptions {
  return { url, getToken: () => token };
}
