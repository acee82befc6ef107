import { createServer, request, type Server as HttpServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy before a server that can cut what is open, and refuse WebSockets or everything. */
export class Proxy {
  #refuses = false;
  #isDown = false;
  readonly #open = new Set<Socket>();
  private constructor(private readonly http: HttpServer, readonly url: string) {}

  static async start(target: string): Promise<Proxy> {
    const { hostname: host, port } = new URL(target);
    const http = createServer((incoming, answer) => {
      const onward = request({ host, port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => onward.destroy());
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const proxy = new Proxy(http, `http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    http.on('connection', (socket) => {
      if (proxy.#isDown) socket.destroy();
    });
    http.on('upgrade', (incoming, socket: Socket, head) => {
      socket.on('error', () => socket.destroy());
      if (proxy.#refuses) return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      const onward = connect(Number(port), host, () => {
        const headers = incoming.rawHeaders.flatMap((name, at, all) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
        onward.write(`GET ${incoming.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
        onward.write(head);
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      proxy.#open.add(socket);
      return socket.on('close', () => {
        proxy.#open.delete(socket);
        onward.destroy();
      });
    });
    return proxy;
  }

  /** From now on no WebSocket passes, or again each. */
  refuseWebSockets(refuses: boolean): void {
    this.#refuses = refuses;
    if (refuses) this.#open.forEach((socket) => socket.destroy());
  }

  /** Cuts all that is open. */
  drop(): void {
    this.#open.forEach((socket) => socket.destroy());
    this.http.closeAllConnections();
  }

  /** From now on nobody gets through, or again everybody. */
  block(blocks: boolean): void {
    this.#isDown = blocks;
    if (blocks) this.drop();
  }

  close(): void {
    this.#open.forEach((socket) => socket.destroy());
    this.http.close();
    this.http.closeAllConnections();
  }
}
