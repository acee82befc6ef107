import { type Rule, must, of, settled, whole } from './check.js';
import { LEVELS } from './log.js';
import type { ClientOptions } from './types.js';
import { mustBeServer, serverOf } from './url.js';
import { VERSION } from './version.js';

const among = (fallback: string, choices: readonly string[]): Rule =>
  [fallback, (name, value) => must(choices.includes(value as string), name, `one of ${choices.join(', ')}`)];

const TRANSPORTS = ['auto', 'websocket', 'polling'];

/** All options; the numbers among them in the order in which the machine reads them. */
// Marked as pure, as every table here: bundlers leave out of an application what it does not use.
const OPTIONS: Readonly<Record<keyof ClientOptions, Rule>> = /* @__PURE__ */ (() => ({
  url: of('string', null),
  getToken: of('function', null),
  maxReconnectAttempts: whole(-1, 0, 2 ** 32 - 1),
  reconnectInterval: whole(3_000),
  reconnectCap: whole(30_000),
  connectTimeout: whole(10_000),
  helloTimeout: whole(5_000),
  heartbeatInterval: whole(-1, 5_000, 60_000),
  heartbeatSlack: whole(10_000),
  fallbackAfter: whole(10_000),
  pollInterval: whole(5_000),
  outboxMessages: whole(256, 0, 2 ** 32 - 1),
  outboxBytes: whole(2 ** 20),
  messageLife: whole(60_000),
  bufferEvents: whole(1_024, 1, 2 ** 32 - 1),
  bufferBytes: whole(2 ** 22, 1),
  transport: among('auto', TRANSPORTS),
  exhausted: among('slow-probe', ['slow-probe', 'stop']),
  logLevel: among('warn', LEVELS),
  autoConnect: of('boolean', true),
  autoReconnect: of('boolean', true),
  longPoll: of('boolean', true),
  application: of('object', { name: 'steadfast', version: VERSION }),
  logger: of('object'),
  WebSocket: of('function'),
  // Not as it is: browsers refuse to call it as a member of anything.
  fetch: of('function', ((input, init) => fetch(input, init)) satisfies typeof fetch),
  wasm: of('string or object'),
}))();

/** Options with their defaults. */
export type Settings = Required<Omit<ClientOptions, 'logger' | 'WebSocket' | 'wasm'>> & ClientOptions;

/** Checks what the application gave, and fills in what it did not. */
export function settle(options: ClientOptions): Settings {
  must(typeof options === 'object' && options !== null, 'options', 'an object: createClient({ url, getToken })');
  const settings = settled(options, OPTIONS) as Settings;
  const { url, autoConnect, application: { name, version } } = settings;
  must(typeof name === 'string' && typeof version === 'string', 'application', '{ name, version }, two texts');
  mustBeServer(url, autoConnect);
  return settings;
}

/** The machine's configuration, in the order in which it reads it. */
export function configuration(settings: Settings): unknown[] {
  const { application: { name, version }, transport, autoReconnect, exhausted, longPoll } = settings;
  return [
    // What the machine draws its pauses from.
    Math.random() * 2 ** 53, crypto.getRandomValues(new Uint32Array(4)).join('-'), name.slice(0, 64), version.slice(0, 64),
    globalThis.document ? 'browser' : globalThis.location ? 'worker' : 'javascript',
    TRANSPORTS.indexOf(transport === 'auto' && !(settings.WebSocket ?? globalThis.WebSocket) ? 'polling' : transport), autoReconnect, exhausted === 'stop', longPoll,
    ...Object.values(settings).filter(Number.isInteger),
  ];
}

/** What a server's addresses have in common, behind `http` or `ws`. */
export function endpointsOf(url: string): string {
  return `${serverOf(url)}/api/v1/notifications/`;
}
