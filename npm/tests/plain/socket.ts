import type { ClientOptions } from '../../src/types.js';

/** A WebSocket whose other end is the test. */
export class ScriptedSocket {
  static all: ScriptedSocket[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly url: string, readonly protocols?: string) {
    ScriptedSocket.all.push(this);
  }

  send(text: string) { this.sent.push(JSON.parse(text)); }

  close() { this.readyState = 3; }

  /** The types of what was sent since the last look. */
  types() { return this.sent.splice(0).map(({ type }) => type); }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: object | string) { this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) }); }

  end(code: number) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  static get last(): ScriptedSocket { return ScriptedSocket.all.at(-1) as ScriptedSocket; }
}

export const WebSocket = ScriptedSocket as unknown as NonNullable<ClientOptions['WebSocket']>;
