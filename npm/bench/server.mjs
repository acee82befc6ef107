import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { TOPIC, eventOf } from './events.mjs';

/** How many events one request publishes: the most that the server takes. */
const PUBLISHED_AT_ONCE = 1_000;

/** The real server, which keeps all of a run and whose API key may publish that fast; played to by real publishing. */
export class Server {
  constructor(program, child, folder, url, { warm, events }) {
    Object.assign(this, { child, folder, url, parts: { warm: bodiesOf(1, warm), events: bodiesOf(warm + 1, warm + events) } });
    /** Rejects when the server ends. */
    this.broken = once(child, 'exit').then(() => Promise.reject(new Error('the server has ended')));
    this.broken.catch(() => undefined);
    this.token = execFileSync(program, ['token', '--dev', '--tenant', 'towerco', '--user', 'ana', '--subscribe', '*'], { encoding: 'utf8' }).trim();
  }

  static async start(program, plan) {
    const events = plan.warm + plan.events;
    const folder = await mkdtemp(join(tmpdir(), 'steadfast-bench-'));
    const config = join(folder, 'server.toml');
    await writeFile(config, `
[limits]
api_publishes_per_second = ${10 * events}

[[topics]]
pattern = "${TOPIC}"
class = "log"
history_events = ${2 * events}
history_bytes = 60_000_000
`);
    const child = spawn(program, ['serve', '--dev', '--listen', '127.0.0.1:0', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    const url = await new Promise((resolve, reject) => {
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (text) => {
          said += text;
          const [, address] = /listening on (http:\/\/[\d.:]+)/.exec(said) ?? [];
          if (address) resolve(address);
        });
      }
      child.on('error', reject);
      child.on('exit', () => reject(new Error(`the server ended: ${said}`)));
    });
    return new Server(program, child, folder, url, plan);
  }

  /** Publishes one part of the events, as a backend does. */
  async play(part) {
    for (const body of this.parts[part]) {
      const headers = { 'X-API-Key': 'dev', 'Content-Type': 'application/json' };
      const response = await fetch(`${this.url}/api/v1/publish`, { method: 'POST', headers, body });
      const { results, error } = await response.json();
      const refused = error ?? results.find(({ ok }) => !ok)?.error;
      if (refused) throw new Error(`the server refuses to publish: ${refused.message}`);
    }
  }

  async close() {
    this.child.kill();
    await this.broken.catch(() => undefined);
    await rm(this.folder, { recursive: true });
  }
}

/** Requests that publish the events of these numbers, in order. */
function bodiesOf(from, to) {
  const messages = Array.from({ length: to - from + 1 }, (_, index) => {
    const { type, payload } = eventOf(from + index);
    return { tenant_id: 'towerco', topic: TOPIC, type, payload };
  });
  const requests = Math.ceil(messages.length / PUBLISHED_AT_ONCE);
  return Array.from({ length: requests }, (_, index) =>
    JSON.stringify(messages.slice(index * PUBLISHED_AT_ONCE, (index + 1) * PUBLISHED_AT_ONCE)));
}
