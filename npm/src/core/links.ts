import { Call } from './names.js';

/** The WebSockets of a client: one, or two while one hands over to the other. */
export interface Links {
  open(link: number): void;
  close(link: number, code: number): void;
  send(link: number, message: string | Uint8Array): void;
  /** How many bytes each has taken and not yet sent. */
  buffered(): [link: number, bytes: number][];
  /** Closes all. */
  end(): void;
}

type Constructor = new (url: string, protocols?: string | string[]) => WebSocket;

/** Opens WebSockets, tells the machine what happens to them, and takes their messages, until they are closed: what comes later is nobody's. */
export function openLinks(
  Socket: Constructor, url: string, tell: (what: Call, link: number, code?: number) => void,
  take: (link: number, message: string | Uint8Array) => void,
): Links {
  const sockets = new Map<number, WebSocket>();

  const end = (link: number, code: number) => {
    if (sockets.delete(link)) tell(Call.Closed, link, code);
  };

  const close = (link: number, code: number) => {
    const socket = sockets.get(link);
    sockets.delete(link);
    // Browsers take 1000 and the application's codes alone.
    socket?.close(code === 1000 || code >= 3000 ? code : 1000);
  };

  return {
    open(link) {
      let socket: WebSocket;
      try {
        socket = new Socket(url, 'steadfast.v1');
      } catch {
        // The page's policy forbids it, or the constructor is none: as if it could not be opened.
        sockets.set(link, undefined as unknown as WebSocket);
        return queueMicrotask(() => end(link, 1006));
      }
      sockets.set(link, socket);
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => {
        if (sockets.has(link)) tell(Call.Opened, link);
      };
      socket.onmessage = ({ data }) => {
        if (sockets.has(link)) take(link, typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer));
      };
      socket.onclose = ({ code }) => end(link, code);
      // A close follows; some constructors throw what nobody listens to.
      socket.onerror = () => {};
    },
    close,
    send(link, message) {
      const socket = sockets.get(link);
      if (socket?.readyState === 1) socket.send(message as string);
    },
    buffered: () => [...sockets].map(([link, socket]) => [link, socket?.bufferedAmount ?? 0]),
    end: () => sockets.forEach((_, link) => close(link, 1000)),
  };
}
