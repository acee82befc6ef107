import { createServer, type Server as HttpServer } from 'node:http';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const DIST = new URL('../../dist', import.meta.url);

/** Where Chromium is, or `undefined`. `CHROMIUM` names one that is elsewhere. */
export const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']
  .find((path) => path !== undefined && existsSync(path));

/** Serves the built package, and pages that a test puts in. */
export class Pages {
  readonly #pages = new Map<string, { body: string; headers: Record<string, string> }>();
  private constructor(private readonly server: HttpServer, readonly origin: string) {}

  static async start(): Promise<Pages> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const pages = new Pages(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', async ({ url = '/' }, response) => {
      const path = url.split('?')[0] ?? '/';
      const page = pages.#pages.get(path);
      if (page) return response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/html', ...page.headers }).end(page.body);
      const file = await readFile(new URL(`.${path}`, `${DIST}/`)).catch(() => undefined);
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

/** Starts Chromium as a person has it: the back-forward cache works. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? 'chromium', args: ['--no-sandbox'], ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}
