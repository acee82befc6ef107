import { SteadfastError } from './error.js';
import { LEVELS } from './log.js';
import type { ClientOptions } from './types.js';
import { awaitsPage, serverOf } from './url.js';

const MOST = Number.MAX_SAFE_INTEGER;

/** The options that are whole numbers, in the order in which the machine reads them. */
const NUMBERS: Readonly<Record<string, readonly [fallback: number, least: number, most: number]>> = {
  maxReconnectAttempts: [-1, 0, 0xffff_ffff],
  reconnectInterval: [3_000, 0, MOST],
  reconnectCap: [30_000, 0, MOST],
  connectTimeout: [10_000, 0, MOST],
  helloTimeout: [5_000, 0, MOST],
  heartbeatInterval: [-1, 5_000, 60_000],
  heartbeatSlack: [10_000, 0, MOST],
  fallbackAfter: [10_000, 0, MOST],
  pollInterval: [5_000, 0, MOST],
  outboxMessages: [256, 0, 0xffff_ffff],
  outboxBytes: [1_048_576, 0, MOST],
  messageLife: [60_000, 0, MOST],
  bufferEvents: [1_024, 1, 0xffff_ffff],
  bufferBytes: [4_194_304, 1, MOST],
};

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  transport: ['auto', 'websocket', 'polling'],
  exhausted: ['slow-probe', 'stop'],
  logLevel: LEVELS,
};

/** The type that `typeof` must give. */
const TYPES: Readonly<Record<string, string>> = {
  url: 'string', getToken: 'function', autoConnect: 'boolean', autoReconnect: 'boolean', longPoll: 'boolean',
  application: 'object', logger: 'object', WebSocket: 'function', fetch: 'function',
};

/** Where a server is reached over both transports. */
export interface Endpoint {
  readonly websocket: string;
  readonly poll: string;
}

/** Options with their defaults. */
export type Settings = Required<Pick<ClientOptions, 'logLevel' | 'transport' | 'autoConnect' | 'bufferEvents' | 'bufferBytes'>>
  & ClientOptions & { readonly endpoint: Endpoint };

/** Checks what the application gave, and fills in what it did not. */
export function settle(options: ClientOptions): Settings {
  const given = options as unknown as Record<string, unknown> | null | undefined;
  if (typeof given !== 'object' || given === null) wrong('createClient needs an object: createClient({ url, getToken })');
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) check(name, value);
  }
  for (const name of ['url', 'getToken']) {
    if (given[name] === undefined) wrong(`createClient needs the option \`${name}\``);
  }
  const numbers = Object.entries(NUMBERS).map(([name, [fallback]]) => [name, given[name] ?? fallback]);
  const { name, version } = (given.application ?? { name: '', version: '' }) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof version !== 'string') wrong('the option `application` must be { name, version }, two texts');
  const { url, autoConnect } = options;
  if (!awaitsPage(url, autoConnect)) endpoint(url);
  return {
    transport: 'auto', autoConnect: true, logLevel: 'warn', ...options, ...Object.fromEntries(numbers),
    get endpoint() {
      return endpoint(url);
    },
  };
}

/** The machine's configuration, in the order in which it reads it. */
export function configuration(settings: Settings, version: string, canOpen: boolean): unknown[] {
  const application = settings.application ?? { name: 'steadfast', version };
  const seed = crypto.getRandomValues(new Uint32Array(2));
  const transport = settings.transport === 'auto' && !canOpen ? 'polling' : settings.transport;
  return [
    seed[0], seed[1], instance(), application.name.slice(0, 64), application.version.slice(0, 64),
    typeof document === 'object' ? 'browser' : typeof importScripts === 'function' ? 'worker' : 'javascript',
    CHOICES.transport?.indexOf(transport), settings.autoReconnect ?? true, settings.exhausted === 'stop', settings.longPoll ?? true,
    ...Object.keys(NUMBERS).map((name) => (settings as unknown as Record<string, unknown>)[name]),
  ];
}

declare const importScripts: unknown;

/** 128 random bits as text. */
function instance(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function check(name: string, value: unknown): void {
  const numbers = NUMBERS[name];
  const choices = CHOICES[name];
  const type = TYPES[name];
  if (numbers) {
    const [, least, most] = numbers;
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      wrong(`the option \`${name}\` must be a whole number from ${least} to ${most}`);
    }
  } else if (choices) {
    if (!choices.includes(value as string)) wrong(`the option \`${name}\` must be one of ${choices.join(', ')}`);
  } else if (type) {
    if (typeof value !== type || value === null) wrong(`the option \`${name}\` must be a ${type}, and is ${typeof value}`);
  } else if (name !== 'wasm') {
    wrong(`there is no option \`${name}\`; there are ${[NUMBERS, CHOICES, TYPES].flatMap(Object.keys).join(', ')} and wasm`);
  }
}

function endpoint(text: string): Endpoint {
  const { secure, place } = serverOf(text);
  const rest = `${place}/api/v1/notifications/`;
  return { websocket: `ws${secure}://${rest}ws`, poll: `http${secure}://${rest}poll` };
}

function wrong(message: string): never {
  throw new SteadfastError('bad_options', message);
}
