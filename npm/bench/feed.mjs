import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/** How much is handed to the socket at a time; it says when it wants more. */
const WRITTEN_AT_ONCE = 64 * 1_024;

/** A server of one wire format. Its events are finished frames before anybody comes, so that only the client is measured. */
export class Feed {
  /** Any will do. */
  token = 'any';
  /** Rejects where a client says what it has no reason to say. */
  broken;
  #parts;
  #client;
  #break;

  constructor(wire, { warm, events }, batch) {
    this.wire = wire;
    this.broken = new Promise((_, reject) => this.#break = reject);
    this.broken.catch(() => undefined);
    this.#parts = { warm: encode(wire, 1, warm, batch), events: encode(wire, warm + 1, warm + events, batch) };
    this.server = createServer((_, response) => response.writeHead(404).end());
    const protocols = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => wire.subprotocol ?? false });
    this.server.on('upgrade', (request, socket, head) => {
      protocols.handleUpgrade(request, socket, head, (client) => this.#converse(client, socket));
    });
  }

  static async start(wire, plan, batch) {
    const feed = new Feed(wire, plan, batch);
    feed.server.listen(0, '127.0.0.1');
    await once(feed.server, 'listening');
    feed.url = `http://127.0.0.1:${feed.server.address().port}`;
    return feed;
  }

  /** Sends one part of the events to whoever is connected, as fast as the socket takes them. */
  async play(part) {
    const bytes = this.#parts[part];
    const { socket, gone } = this.#client;
    for (let at = 0; at < bytes.length && !gone.aborted; at += WRITTEN_AT_ONCE) {
      const taken = socket.write(bytes.subarray(at, at + WRITTEN_AT_ONCE));
      if (!taken) await once(socket, 'drain', { signal: gone }).catch(() => undefined);
    }
  }

  close() {
    this.#client?.client.terminate();
    this.server.close();
    this.server.closeAllConnections();
  }

  #converse(client, socket) {
    socket.setNoDelay(true);
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    this.#client = { client, socket, gone: gone.signal };
    if (this.wire.greeting) client.send(this.wire.greeting);
    client.on('message', (message) => {
      try {
        for (const answer of this.wire.answer(String(message))) client.send(answer);
      } catch (error) {
        this.#break(error);
        client.terminate();
      }
    });
    client.on('error', () => client.terminate());
  }
}

/** The events of these numbers, as WebSocket frames of so many events each. */
function encode(wire, from, to, batch) {
  const frames = [];
  for (let first = from; first <= to; first += batch) {
    const numbers = Array.from({ length: Math.min(batch, to - first + 1) }, (_, index) => first + index);
    frames.push(textFrame(Buffer.from(wire.message(numbers.map(wire.event)))));
  }
  return Buffer.concat(frames);
}

/** A text message in one unmasked frame (RFC 6455, 5.2). */
function textFrame(payload) {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(0x81, length), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.of(0x81, 126, length >> 8, length & 0xff), payload]);
  const header = Buffer.of(0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0);
  header.writeUInt32BE(length, 6);
  return Buffer.concat([header, payload]);
}
