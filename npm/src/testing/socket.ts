import type { Host } from './host.js';
import { Session } from './session.js';
import { later } from './wire.js';

/** What stands in for a WebSocket: as much of one as the client uses. */
export class TestSocket {
  binaryType = 'blob';
  readonly bufferedAmount = 0;
  readyState = 0;
  onopen: ((event: object) => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  #session: Session | undefined;
  #pumping = false;

  constructor(private readonly host: Host, opens: () => boolean) {
    later(() => {
      if (this.readyState !== 0) return;
      if (!opens()) return this.#die();
      this.#session = new Session(host, 'websocket', {
        frame: (frame) => this.#deliver(JSON.stringify(frame)),
        wake: () => this.#pump(),
        end: (code) => later(() => this.#closed(code)),
        drop: () => this.#die(),
      });
      host.sessions.add(this.#session);
      this.readyState = 1;
      this.onopen?.({});
    });
  }

  send(message: string | Uint8Array): void {
    later(() => {
      this.#session?.take(message);
      this.#pump();
    });
  }

  close(code = 1000): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.#leave();
    later(() => this.#closed(code));
  }

  /** Once for all that is published before it is its turn. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    later(() => {
      this.#pumping = false;
      for (const item of this.#session?.unread() ?? []) {
        if ('frame' in item) this.#deliver(JSON.stringify(item.frame));
        else this.#deliver(item.event.binary?.slice().buffer ?? item.event.text);
      }
    });
  }

  #deliver(data: string | ArrayBufferLike): void {
    later(() => {
      if (this.readyState === 1) this.onmessage?.({ data: data as string | ArrayBuffer });
    });
  }

  /** What is on its way is lost. */
  #die(): void {
    this.readyState = 2;
    this.#leave();
    later(() => this.#closed(1006));
  }

  #closed(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#leave();
    this.onclose?.({ code });
  }

  #leave(): void {
    if (!this.#session) return;
    this.host.sessions.delete(this.#session);
    this.#session.gone();
  }
}
