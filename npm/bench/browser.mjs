import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const HERE = new URL('./', import.meta.url);
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const PAGE = '<!doctype html><link rel=icon href=data:,><title>bench</title><script type=module src=/main.js></script>';

/** How long one run may take, on the busiest machine. */
const PATIENCE = 60_000;

/** How long is waited for what should not come. */
const AFTERMATH = 50;

/** A browser, and the page that it opens anew for each run. */
export class Stage {
  constructor(browser, server) {
    this.browser = browser;
    this.server = server;
  }

  static async open() {
    const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
    if (!executablePath) throw new Error('there is no Chromium; install it, or give its path as CHROMIUM');
    const server = createServer(await answerer());
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Stage(browser, server);
  }

  /**
   * Opens a client in a fresh page, has the feed play, and gives what it took. Rejects where an event is missing, repeated or
   * out of order.
   */
  async run({ client, feed }, { warm, events }) {
    const context = await this.browser.newContext();
    try {
      const page = await context.newPage();
      const faults = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
      await page.goto(`http://127.0.0.1:${this.server.address().port}/`);
      const meter = await openMeter(context, page);
      const run = async () => {
        await page.evaluate((given) => open(given), { client, url: feed.url, token: feed.token, warm, events });
        await Promise.all([page.evaluate(() => warmed()), feed.play('warm')]);
        const before = await meter.read();
        const [milliseconds] = await Promise.all([page.evaluate(() => finished()), feed.play('events')]);
        return { milliseconds, seconds: await meter.read() - before };
      };
      const outcome = await within(PATIENCE, Promise.race([run(), feed.broken]))
        .catch((error) => void faults.push(error.message.split('\n')[0]));
      await delay(AFTERMATH);
      const taken = await page.evaluate(() => taken()).catch(() => 'none');
      if (taken !== warm + events) faults.push(`${taken} of ${warm + events} events came`);
      if (!outcome || faults.length) throw new Error(faults.join('; '));
      return { rate: (events - 1) / outcome.milliseconds, cpu: outcome.seconds * 1e6 / events };
    } finally {
      await context.close();
    }
  }

  async close() {
    await this.browser.close();
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Rejects where something takes longer than so long. */
async function within(milliseconds, outcome) {
  const tooLong = new AbortController();
  const limit = delay(milliseconds, undefined, tooLong).then(() => {
    throw new Error(`nothing more came in ${milliseconds / 1_000} s`);
  });
  limit.catch(() => undefined);
  return Promise.race([outcome, limit]).finally(() => tooLong.abort());
}

/** Reads the seconds of processor time that the page's main thread has had. */
async function openMeter(context, page) {
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return {
    read: async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration').value;
    },
  };
}

/** Serves the page: the clients in one script, the package beside it as it is built. */
async function answerer() {
  const { outputFiles: [script] } = await build({
    entryPoints: [fileURLToPath(new URL('page/main.js', HERE))], bundle: true, format: 'esm', target: 'es2022', write: false,
    external: ['/steadfast/*'], define: { 'process.env.NODE_ENV': '"production"' }, logLevel: 'warning', minify: true,
  });
  const answer = async (path) => {
    if (path === '/') return PAGE;
    if (path === '/main.js') return script.contents;
    const file = /^\/steadfast\/([\w.-]+)$/.exec(path)?.[1];
    return file && readFile(new URL(`../dist/${file}`, HERE)).catch(() => undefined);
  };
  return async ({ url }, response) => {
    const body = await answer(url);
    response.writeHead(body ? 200 : 404, { 'Content-Type': TYPES[extname(url) || '.html'] ?? 'text/plain' }).end(body ?? '');
  };
}
