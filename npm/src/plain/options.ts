import { type Rule, must, mustBeOf, of, settled } from '../check.js';
import type { ClientOptions } from '../types.js';
import { mustBeServer, serverOf } from '../url.js';
import type { Dialect } from './dialect.js';

/** What a client of a plain server is made with. Durations are milliseconds. */
export interface PlainClientOptions extends Pick<
  ClientOptions, 'autoConnect' | 'autoReconnect' | 'maxReconnectAttempts' | 'reconnectInterval' | 'reconnectCap' | 'connectTimeout'
  | 'heartbeatSlack' | 'logLevel' | 'logger' | 'WebSocket'
> {
  /** What the server speaks: `nested` is ADR-006's `{type, payload, …}`, `flat` is ADR-010's, the payload beside the type. */
  dialect: Dialect;
  /** The server, `https://host[:port][/prefix]`; a path alone (`/`) means the page's own origin. What follows is the dialect's. */
  url: string;
  tenant: string;
  /** The user, who is a part of the flat dialect's path. */
  user?: string;
  /**
   * Gives the token, which goes into the address: there is no other place for it here. Logs and proxies see addresses, so
   * give one that lives for minutes. Without it the server must know the user by a cookie.
   */
  getToken?: ClientOptions['getToken'];
  /** How often a heartbeat is sent. Default: 30,000. */
  heartbeatInterval?: number;
  /** The topic that a type belongs to, as plain messages name none. Default: {@link topicOfType}. */
  topicOf?(type: string): string;
}

/** Options with their defaults. */
export type PlainSettings = Required<Omit<PlainClientOptions, 'user' | 'getToken' | 'WebSocket' | 'logger'>>
  & Pick<PlainClientOptions, 'getToken' | 'WebSocket' | 'logger'> & { readonly address: string };

/** The rule for numbers, which need not be whole or end. */
const number = (fallback: number): Rule => [fallback, (name, value) => {
  mustBeOf('number', name, value);
  must((value as number) >= 0, name, 'zero or more');
}];

const OPTIONS: Readonly<Record<keyof PlainClientOptions, Rule>> = /* @__PURE__ */ (() => ({
  dialect: of('string'), url: of('string'), tenant: of('string'), user: of('string'), getToken: of('function'),
  topicOf: of('function', topicOfType), autoConnect: of('boolean', true), autoReconnect: of('boolean', true),
  logLevel: of('string', 'warn'), logger: of('object'), WebSocket: of('function'),
  maxReconnectAttempts: number(Infinity), reconnectInterval: number(3_000), reconnectCap: number(30_000),
  connectTimeout: number(10_000), heartbeatSlack: number(10_000), heartbeatInterval: number(30_000),
}))();

/** Checks what the application gave, and fills in what it did not. */
export function settle(options: PlainClientOptions): PlainSettings {
  must(typeof options === 'object' && options !== null, 'options', 'an object: createPlainClient({ dialect, url, tenant })');
  const settings = settled(options, OPTIONS);
  const { dialect, url, tenant, user } = options;
  must(dialect === 'nested' || dialect === 'flat', 'dialect', 'one of nested, flat');
  mustBeOf('string', 'url', url);
  must(Boolean(tenant), 'tenant', 'given');
  must(dialect === 'nested' || Boolean(user), 'user', 'given: it is a part of the flat dialect’s path');
  const path = dialect === 'nested' ? ['ws', tenant] : ['api', 'v1', 'notifications', 'ws', tenant, user ?? ''];
  mustBeServer(url, options.autoConnect);
  return {
    ...settings as PlainSettings,
    get address() {
      return `ws${[serverOf(url), ...path.map(encodeURIComponent)].join('/')}`;
    },
  };
}

/**
 * The topic of each type of both systems: `incident_alert` and its like are of `incidents`, `kpi_update` of `kpis`,
 * `site_status` of `sites`, `system_notification` of `system_notifications`; `threat.detected` and its like of `threats`,
 * then `encounters`, `transcription` and `system`. Any other type is a topic of its own name.
 */
export function topicOfType(type: string): string {
  if (type === 'system_notification') return 'system_notifications';
  const [first = ''] = type.split(/[._]/);
  return TOPICS.get(first) ?? type;
}

const TOPICS: ReadonlyMap<string, string> = new Map(Object.entries({
  incident: 'incidents', kpi: 'kpis', site: 'sites', threat: 'threats', encounter: 'encounters', transcription: 'transcription',
  system: 'system',
}));
