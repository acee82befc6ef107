import { createServer, type Server as HttpServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html', '.css': 'text/css',
};
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** Serves a folder, by default the built package, and pages that a test puts in. */
export class Pages {
  readonly #pages = new Map<string, { body: string; headers: Record<string, string> }>();
  private constructor(private readonly server: HttpServer, readonly origin: string) {}

  static async start(folder = DIST): Promise<Pages> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const pages = new Pages(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', async ({ url = '/' }, response) => {
      const path = url.split('?')[0] ?? '/';
      const page = pages.#pages.get(path);
      if (page) return response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/html', ...page.headers }).end(page.body);
      const file = await readFile(join(folder, path)).catch(() => undefined);
      return response.writeHead(file ? 200 : 404, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' }).end(file ?? 'none');
    });
    return pages;
  }

  /** Puts a page or a script in, and gives its address. */
  put(path: string, body: string, headers: Record<string, string> = {}): string {
    this.#pages.set(path, { body, headers });
    return this.origin + path;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** What a client in a page is made with. */
export interface Listening {
  readonly url: string;
  readonly token: string;
  readonly topic: string;
  /** More options, as they are written in the page. */
  readonly options?: string | undefined;
}

/** A module script that listens to a topic, and keeps on `globalThis` what a test asks for. */
export function listening({ url, token, topic, options = '' }: Listening): string {
  return `
    import { createClient } from '/index.js';
    const events = globalThis.events = [];
    const gaps = globalThis.gaps = [];
    const client = globalThis.client = createClient({ url: '${url}', getToken: () => '${token}', ${options} });
    globalThis.subscription = client.subscribe('${topic}', {
      onEvent: (event) => events.push(event.payload), onGap: (gap) => gaps.push(gap.reason), onLive: () => { globalThis.live = true; },
    });`;
}

/** A page that loads one module script. */
export function page(script: string): string {
  return `<!doctype html><link rel=icon href=data:,><title>test</title><script type=module>${script}</script>`;
}
