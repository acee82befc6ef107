import { readFileSync } from 'node:fs';

import { init } from '../../src/index.js';
import { createTestServer } from '../../src/testing/index.js';
import type { Client, ClientOptions } from '../../src/types.js';
import { Proxy } from '../support/proxy.js';
import { Server, client as connect, token } from '../support/server.js';

/** An event as a backend publishes it. */
export interface Message {
  topic: string;
  type: string;
  payload?: unknown;
  key?: string;
  deleted?: boolean;
  priority?: string;
  correlation_id?: string;
  requires_acknowledgment?: boolean;
}

/** A server and the way to it, real or not; what a scenario does with it is the same. */
export interface World {
  client(options?: Partial<ClientOptions>): Client;
  publish(...messages: Message[]): Promise<string[]>;
  publishToUser(type: string, payload: unknown): Promise<unknown>;
  /** Another person acknowledges. */
  acknowledge(id: string): Promise<unknown>;
  drop(): void;
  refuseWebSockets(refuses: boolean): void;
  down(): void;
  up(): void;
  restart(): Promise<void>;
  /** Publishes until the log has forgotten one event that is published here, and nothing after it: eight are left. */
  overflow(topic: string): Promise<void>;
  /** A client that may follow nothing but `public`. */
  limitedClient(options: Partial<ClientOptions>): Client;
  close(): Promise<void>;
}

const SHORT = { reconnectInterval: 100, reconnectCap: 100, fallbackAfter: 300, logLevel: 'silent' } as const;

/** The server of `steadfast/testing`. */
export async function openFake(): Promise<World> {
  await init({ wasm: new Uint8Array(readFileSync(new URL('../../build/core.wasm', import.meta.url))) });
  const server = createTestServer({ authenticate: (text) => (text === 'nonsense' ? null : 'test') });
  const client = (options: Partial<ClientOptions> = {}) => server.createClient({ logLevel: 'silent', ...options });
  return {
    client,
    limitedClient: (options) => {
      server.forbid('secret');
      return client(options);
    },
    publish: (...messages) => Promise.resolve(messages.map(({ topic, type, payload, correlation_id, requires_acknowledgment, ...rest }) =>
      server.publish(topic, type, payload, { ...rest, correlationId: correlation_id, requiresAcknowledgment: requires_acknowledgment }).id)),
    publishToUser: (type, payload) => Promise.resolve(server.publish('user', type, payload)),
    acknowledge: (id) => Promise.resolve(server.acknowledge(id)),
    drop: () => server.drop(),
    refuseWebSockets: (refuses) => server.refuseWebSockets(refuses),
    down: () => server.down(),
    up: () => server.up(),
    restart: () => Promise.resolve(server.restart()),
    overflow: (topic) => {
      server.publish(topic, 'large', 0);
      server.loseHistory(topic, 0);
      for (let left = 8; left > 0; left -= 1) server.publish(topic, 'large', 0);
      return Promise.resolve();
    },
    close: () => Promise.resolve(server.close()),
  };
}

/** The real server, behind a proxy that breaks the way to it. */
export async function openReal(): Promise<World> {
  let server = await Server.start();
  const proxy = await Proxy.start(server.url);
  const clients: Client[] = [];
  const known = token();
  const few = token('ana', 'public');
  const client = (options: Partial<ClientOptions> = {}) => {
    const made = connect(proxy, { ...SHORT, getToken: () => known, ...options });
    clients.push(made);
    return made;
  };
  return {
    client,
    limitedClient: (options) => client({ getToken: () => few, ...options }),
    publish: async (...messages) => (await server.publish(...messages.map((message) => ({ ...message })))).map(({ id }) => id),
    publishToUser: (type, payload) => server.publish({ user_id: 'ana', type, payload }),
    acknowledge: (id) => {
      const other = token('bob');
      return client({ getToken: () => other }).acknowledge(id);
    },
    drop: () => proxy.drop(),
    refuseWebSockets: (refuses) => proxy.refuseWebSockets(refuses),
    down: () => proxy.block(true),
    up: () => proxy.block(false),
    restart: async () => {
      await server.kill();
      server = await Server.start(new URL(server.url).host);
    },
    overflow: async (topic) => {
      // Eight of these fill a topic's 8 MiB.
      const payload = 'x'.repeat(1_000_000);
      for (let left = 9; left > 0; left -= 1) await server.publish({ topic, type: 'large', payload });
    },
    close: async () => {
      clients.forEach((made) => made.close());
      proxy.close();
      await server.kill();
    },
  };
}
