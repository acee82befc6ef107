import type { Status, StatusReason } from './types.js';

/** What a close code says to a person: what happened, and what to do. */
const SENTENCES: Readonly<Record<number, string>> = {
  1000: 'the connection was closed',
  1006: 'the connection was lost or could not be opened; check the network, the address and proxies that block WebSocket',
  1009: 'a message was larger than the server accepts; send less',
  4400: 'the server did not understand what was sent; check that both are of compatible versions',
  4401: 'the token was refused, or there is none; sign in again',
  4403: 'the server forbids it; check the token’s permissions and the server’s allowed origins',
  4404: 'there is no such endpoint or tenant; check the url',
  4406: 'the server does not speak this version of the protocol; update one of the two',
  4408: 'the server was silent for too long; it is tried again',
  4409: 'another connection of this client took over',
  4410: 'the server’s operator has switched this off',
  4429: 'the server is asked too often; it is tried again later',
  4503: 'the server is restarting or overloaded; it is tried again',
  4508: 'the connection was too slow for what was sent; it goes on where it was',
};

/** The reason that a code stands for. */
export function reasonOf(code: number, retryable: boolean, message?: string): StatusReason | null {
  if (!code) return null;
  const known = SENTENCES[code] ?? (code === 1012 || code === 1013 ? SENTENCES[4503] : code === 1008 ? SENTENCES[4401] : undefined);
  return { code, retryable, message: message ?? known ?? `the server closed the connection with code ${code}` };
}

/** A status without a connection. */
export function idle(state: Status['state'], reason: StatusReason | null = null): Status {
  return { state, transport: null, attempt: 0, retryAt: null, reason };
}
