import type { Status, StatusReason } from './types.js';

/** What a close code says to a person: what happened, and what to do. */
const SENTENCES: Readonly<Record<number, string>> = {
  1000: 'closed',
  1006: 'the connection was lost or could not be opened; check the network, the url, and proxies that block WebSocket',
  1009: 'a message was larger than the server accepts; send less',
  4400: 'the server did not understand what was sent; update one of the two',
  4401: 'the token was refused, or there is none; sign in again',
  4403: 'the server forbids it; check what it allows this token and this origin',
  4404: 'there is no such endpoint or tenant; check the url',
  4406: 'the server has another version of the protocol; update one of the two',
  4408: 'the server was silent for too long',
  4409: 'another connection of this client took over',
  4410: 'the server’s operator has switched this off',
  4429: 'the server was asked too often',
  4503: 'the server is restarting or overloaded',
  4508: 'the connection was too slow',
};

/** Codes that say what another says. */
const SAME: Readonly<Record<number, number>> = { 1008: 4401, 1012: 4503, 1013: 4503 };

/** The reason that a code stands for. */
export function reasonOf(code: number, retryable: boolean, message?: string): StatusReason | null {
  if (!code) return null;
  return { code, retryable, message: message ?? SENTENCES[SAME[code] ?? code] ?? `the connection was closed with code ${code}` };
}

/** A status without a connection. */
export function idle(state: Status['state'], reason: StatusReason | null = null): Status {
  return { state, transport: null, attempt: 0, retryAt: null, reason };
}
