import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket as NodeWebSocket } from 'ws';

import { create } from '../../src/client.js';
import type { Client, ClientOptions } from '../../src/types.js';
import { end, said } from './spawned.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MODULE = new Uint8Array(readFileSync(new URL('../../build/core.wasm', import.meta.url)));

/** Node 20 has none of its own. */
export const WebSocket = NodeWebSocket as unknown as NonNullable<ClientOptions['WebSocket']>;

/** The built server: `cargo xtask test` says where it is; by itself this builds it. */
const program = process.env.STEADFAST_SERVER ?? buildServer();

function buildServer(): string {
  const built = spawnSync('cargo', ['build', '--locked', '--package', 'steadfast-server'], { cwd: ROOT, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the server cannot be built:\n${built.stderr}`);
  const metadata = execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return join((JSON.parse(metadata) as { target_directory: string }).target_directory, 'debug/steadfast-server');
}

/** A real server of the development profile, on a port of its own. */
export class Server {
  private constructor(readonly url: string, private readonly process: ChildProcess) {}

  static async start(listen = '127.0.0.1:0'): Promise<Server> {
    const child = spawn(program, ['serve', '--dev', '--listen', listen], { stdio: ['ignore', 'pipe', 'pipe'] });
    return new Server(await said(child, /listening on (http:\/\/[\d.:]+)/), child);
  }

  /** Publishes over HTTP, as a backend does. */
  async publish(...messages: Record<string, unknown>[]): Promise<{ id: string }[]> {
    const response = await fetch(`${this.url}/api/v1/publish`, {
      method: 'POST', headers: { 'X-API-Key': 'dev', 'Content-Type': 'application/json' },
      body: JSON.stringify(messages.map((message) => ({ tenant_id: 'towerco', ...message }))),
    });
    return ((await response.json()) as { results: { id: string }[] }).results;
  }

  /** Ends it without a goodbye. */
  kill(): Promise<void> {
    return end(this.process);
  }
}

/** A token for the development profile. */
export function token(user = 'ana', subscribe = '*', life = '1h'): string {
  const parameters = ['token', '--dev', '--tenant', 'towerco', '--user', user, '--ttl', life, '--subscribe', subscribe, '--publish', '*'];
  return execFileSync(program, parameters, { encoding: 'utf8' }).trim();
}

/** A client of that server. */
export function client(server: Pick<Server, 'url'>, options: Partial<ClientOptions> = {}): Client {
  const known = token();
  return create({ url: server.url, getToken: () => known, WebSocket, logLevel: 'silent', ...options }, () => MODULE);
}

/** Resolves with the first value that `subscribe` hands on and `wanted` accepts. */
export function first<Value>(subscribe: (take: (value: Value) => void) => void, wanted: (value: Value) => boolean = () => true): Promise<Value> {
  return new Promise((resolve) => subscribe((value) => {
    if (wanted(value)) resolve(value);
  }));
}

/** Resolves once the client's status is such. */
export function reaches(subject: Client, wanted: (status: Client['status']) => boolean): Promise<Client['status']> {
  if (wanted(subject.status)) return Promise.resolve(subject.status);
  return first((take) => void subject.onStatus(take), wanted);
}
