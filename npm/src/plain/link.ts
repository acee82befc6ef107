import { watchActivity } from '../core/activity.js';
import { Call } from '../core/names.js';
import { type Tokens, openTokens } from '../core/tokens.js';
import { SteadfastError } from '../error.js';
import { idle, reasonOf } from '../status.js';
import type { Status } from '../types.js';
import type { PlainSettings } from './options.js';

/** Who is told what happens on the link. */
export interface LinkEvents {
  status(status: Status): void;
  /** It is live from now on. */
  live(): void;
  /** A message came. Says whether it answers a heartbeat. */
  message(data: unknown): { readonly answersHeartbeat: boolean };
  log(level: 'error' | 'warn' | 'info', ...values: unknown[]): void;
}

type Link =
  | { readonly state: 'idle' }
  /** Also while the page is kept for later. */
  | { readonly state: 'frozen' }
  | { readonly state: 'authorizing' }
  | { readonly state: 'opening'; readonly socket: WebSocket }
  /** Open is no proof: it is live with the first message, or after a while. `answers`: the server answers heartbeats. */
  | { readonly state: 'open'; readonly socket: WebSocket; live: boolean; answers: boolean }
  | { readonly state: 'waiting' }
  | { readonly state: 'stopped' };

/** How long an open socket without a message takes to count as live. */
const UNPROVEN = 5_000;
/** How long a live link takes to be trusted again. */
const STABLE = 30_000;
/** How long the server may take to answer after the page woke up. */
const PROBE = 3_000;

/** One WebSocket at a time to a plain server, opened again after the backoff for as long as that makes sense. */
export class PlainLink {
  status: Status = idle('disconnected');
  #link: Link = { state: 'idle' };
  #timers: ReturnType<typeof setTimeout>[] = [];
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #renewed = false;
  #tokenFailure: string | undefined;
  readonly #tokens: Tokens | undefined;
  readonly #unwatch: () => void;

  constructor(private readonly settings: PlainSettings, private readonly heartbeat: string, private readonly events: LinkEvents) {
    this.#tokens = settings.getToken && openTokens(settings.getToken, (_, ...[failure, given]) => {
      this.#tokenFailure = failure;
      if (failure === undefined) return this.#open(`?token=${encodeURIComponent(given)}`);
      events.log('error', failure);
      if (given) this.#retry(4401);
      else this.#stop(4401);
    });
    this.#unwatch = watchActivity((what) => this.#heed(what));
  }

  connect(): void {
    const { state } = this.#link;
    if (state === 'stopped') [this.#attempt, this.#renewed] = [0, false];
    if (state === 'idle' || state === 'stopped' || state === 'waiting') this.#begin(false);
  }

  disconnect(): void {
    this.#enter({ state: 'idle' }, idle('disconnected'));
  }

  close(): void {
    this.#unwatch();
    this.#enter({ state: 'stopped' }, idle('closed', reasonOf(1000, false)));
  }

  /** Whether it was sent. */
  send(text: string): boolean {
    if (this.#link.state !== 'open' || !this.#link.live) return false;
    this.#link.socket.send(text);
    return true;
  }

  get isLive(): boolean {
    return this.#link.state === 'open' && this.#link.live;
  }

  /** For a report: how sure it is that the server is there. */
  get isProven(): boolean {
    return this.#link.state === 'open' && this.#link.answers;
  }

  #begin(renew: boolean): void {
    this.#enter({ state: 'authorizing' }, { ...idle('connecting', this.status.reason), attempt: this.#attempt });
    if (this.#tokens) this.#tokens.ask(0, renew);
    else this.#open('');
  }

  #open(query: string): void {
    const Socket = this.settings.WebSocket ?? globalThis.WebSocket;
    if (!Socket) {
      this.events.log('error', 'there is no WebSocket here; give one as `WebSocket` (in Node: that of the package ws)');
      return this.#stop(1006);
    }
    let socket: WebSocket;
    try {
      // No subprotocol: a browser fails a handshake whose answer selects none.
      socket = new Socket(this.settings.address + query);
    } catch (error) {
      if (!(error instanceof SteadfastError)) return this.#retry(1006);
      this.events.log('error', error.message);
      return this.#stop(1006);
    }
    this.#enter({ state: 'opening', socket }, this.status);
    this.#after(this.settings.connectTimeout, () => this.#end(4408));
    const current = (act: () => void) => {
      if ('socket' in this.#link && this.#link.socket === socket) act();
    };
    socket.onopen = () => current(() => this.#opened(socket));
    socket.onmessage = ({ data }) => current(() => this.#heard(data));
    socket.onclose = ({ code }) => current(() => this.#end(code));
    socket.onerror = () => undefined;
  }

  #opened(socket: WebSocket): void {
    // In place: entering anew would close the socket.
    this.#clear();
    this.#link = { state: 'open', socket, live: false, answers: false };
    const beat = () => {
      this.#ask(this.settings.heartbeatSlack);
      this.#after(this.settings.heartbeatInterval, beat);
    };
    beat();
    this.#after(UNPROVEN, () => this.#live());
  }

  #heard(data: unknown): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#live();
    const { answersHeartbeat } = this.events.message(data);
    if (this.#link.state === 'open') this.#link.answers ||= answersHeartbeat;
  }

  #live(): void {
    if (this.#link.state !== 'open' || this.#link.live) return;
    this.#link.live = true;
    this.#tell({ ...idle('connected', this.status.reason), transport: 'websocket', attempt: this.#attempt });
    this.#after(STABLE, () => {
      [this.#attempt, this.#renewed] = [0, false];
      this.#tell({ ...idle('connected'), transport: 'websocket' });
    });
    this.events.live();
  }

  /** Sends a heartbeat. A server that has answered one must answer all. */
  #ask(patience: number): void {
    if (this.#link.state !== 'open') return;
    this.#link.socket.send(this.heartbeat);
    if (this.#link.answers) this.#deadline ??= setTimeout(() => this.#end(4408), patience);
  }

  /** The link ended, or is given up. */
  #end(code: number): void {
    const refusesToken = code === 1008 || code === 4401;
    if (refusesToken && this.#tokens && !this.#renewed) {
      this.#renewed = true;
      return this.#begin(true);
    }
    const isFinal = code >= 4400 && code < 4500 && ![4400, 4408, 4409, 4429].includes(code);
    if (refusesToken || isFinal) this.#stop(code);
    else this.#retry(code);
  }

  #retry(code: number): void {
    const { autoReconnect, maxReconnectAttempts, reconnectCap, reconnectInterval } = this.settings;
    this.#attempt += 1;
    if (!autoReconnect || this.#attempt > maxReconnectAttempts) return this.#stop(code);
    const window = Math.min(reconnectCap, reconnectInterval * 2 ** (this.#attempt - 1));
    const isRestart = [1012, 1013, 4503].includes(code);
    const delay = Math.floor(isRestart ? between(5_000, 30_000) : Math.max(100, between(0, window)));
    const status = { ...idle('connecting', this.#reason(code, true)), attempt: this.#attempt, retryAt: Date.now() + delay };
    this.#enter({ state: 'waiting' }, status);
    this.#after(delay, () => this.#begin(false));
  }

  #stop(code: number): void {
    this.#enter({ state: 'stopped' }, { ...idle('closed', this.#reason(code, false)), attempt: this.#attempt });
  }

  #reason(code: number, retryable: boolean): Status['reason'] {
    return reasonOf(code, retryable, code === 4401 ? this.#tokenFailure : undefined);
  }

  #heed(what: Call): void {
    const { state } = this.#link;
    if (what === Call.Freeze && state !== 'idle' && state !== 'stopped') this.#enter({ state: 'frozen' }, idle('disconnected'));
    else if (what === Call.Thaw && state === 'frozen') this.#begin(false);
    else if (what !== Call.Online && what !== Call.Visible && what !== Call.Offline) return;
    else if (state === 'open') this.#ask(PROBE);
    else if (state === 'waiting' && what !== Call.Offline) {
      this.#clear();
      this.#after(between(100, 1_000), () => this.#begin(false));
    }
  }

  #enter(link: Link, status: Status): void {
    const before = this.#link;
    this.#clear();
    if (before.state === 'authorizing') this.#tokens?.abort();
    this.#link = link;
    if ('socket' in before) before.socket.close(1000);
    this.#tell(status);
  }

  #tell(status: Status): void {
    if (status === this.status) return;
    this.status = Object.freeze(status);
    this.events.status(status);
  }

  #after(delay: number, act: () => void): void {
    this.#timers.push(setTimeout(act, Math.min(delay, 2 ** 31 - 1)));
  }

  #clear(): void {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}

/** What a plain server cannot be asked for. */
export function unsupported(what: string): SteadfastError {
  return new SteadfastError('unsupported', `${what}; a server that speaks steadfast.v1 can`);
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}
