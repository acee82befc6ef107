import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';

import { eventually } from '../patience.js';
import { end } from '../spawned.js';
import { type Engine, program, type Tab } from './engine.js';

const DRIVER = program('WEBKIT_DRIVER', 'WebKitWebDriver');
const XVFB = program('XVFB', 'Xvfb');

/** WebKitGTK with its own small browser, by WebDriver: commands in JSON over HTTP. It has no headless mode, so it gets a screen of its own. */
export const webkit: Engine = { name: 'WebKitGTK', installed: DRIVER !== undefined && XVFB !== undefined, start };

async function start(): Promise<Tab> {
  const screen = spawn(XVFB ?? 'Xvfb', ['-displayfd', '3', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const [display] = await once(screen.stdio[3] as Readable, 'data') as [Buffer];
  const port = await freePort();
  const driver = spawn(DRIVER ?? 'WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore', env: { ...process.env, DISPLAY: `:${String(display).trim()}`, GDK_BACKEND: 'x11' },
  });
  const send = commands(`http://127.0.0.1:${port}`);
  await eventually(() => send('GET', '/status'));
  const { sessionId } = await send('POST', '/session', { capabilities: {} }) as { sessionId: string };
  const session = `/session/${sessionId}`;
  return {
    open: async (url) => void await send('POST', `${session}/url`, { url }),
    async evaluate(expression) {
      const text = await send('POST', `${session}/execute/sync`, { script: `return JSON.stringify(${expression})`, args: [] });
      return typeof text === 'string' ? JSON.parse(text) : undefined;
    },
    async close() {
      await send('DELETE', session);
      for (const child of [driver, screen] satisfies ChildProcess[]) await end(child);
    },
  };
}

/** Sends a command and gives its value. */
function commands(origin: string): (method: string, path: string, body?: unknown) => Promise<unknown> {
  return async (method, path, body) => {
    const response = await fetch(origin + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const { value } = await response.json() as { value: unknown };
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
