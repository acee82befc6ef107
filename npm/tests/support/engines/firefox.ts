import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';

import { gone, said } from '../spawned.js';
import { type Engine, profile, program, type Tab } from './engine.js';

const FIREFOX = program('FIREFOX', 'firefox-esr', '/Applications/Firefox.app/Contents/MacOS/firefox');

/** Firefox as it is, by WebDriver BiDi: commands and answers in JSON over a WebSocket. */
export const firefox: Engine = { name: 'Firefox', installed: FIREFOX !== undefined, start };

async function start(): Promise<Tab> {
  const { folder, remove } = profile();
  const browser = spawn(FIREFOX ?? 'firefox', ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', folder]);
  const socket = new WebSocket(`${await said(browser, /BiDi listening on (ws:\S+)/)}/session`);
  await once(socket, 'open');
  const send = commands(socket);
  await send('session.new', { capabilities: {} });
  const { contexts: [first] } = await send('browsingContext.getTree', {}) as { contexts: { context: string }[] };
  const context = first?.context;
  return {
    open: async (url) => void await send('browsingContext.navigate', { context, url, wait: 'complete' }),
    async evaluate(expression) {
      const script = { expression: `JSON.stringify(${expression})`, target: { context }, awaitPromise: false };
      const { result, exceptionDetails } = await send('script.evaluate', script) as { result?: { value?: string }; exceptionDetails?: { text: string } };
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return result?.value === undefined ? undefined : JSON.parse(result.value);
    },
    async close() {
      // It may be gone before it has answered.
      void send('browser.close', {});
      await gone(browser);
      remove();
    },
  };
}

/** Sends a command and gives its result. */
function commands(socket: WebSocket): (method: string, params: unknown) => Promise<unknown> {
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on('message', (text) => {
    const answer = JSON.parse(String(text)) as Answer;
    waiting.get(answer.id)?.(answer);
  });
  let id = 0;
  return (method, params) => new Promise((resolve, reject) => {
    id += 1;
    waiting.set(id, (answer) => (answer.type === 'success' ? resolve(answer.result) : reject(new Error(`${method}: ${answer.message}`))));
    socket.send(JSON.stringify({ id, method, params }));
  });
}

interface Answer {
  id: number;
  type: string;
  result?: unknown;
  message?: string;
}
