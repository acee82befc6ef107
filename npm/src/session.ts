import { type Output, openCore } from './core/core.js';
import { type Driver, openDriver } from './core/driver.js';
import type { EventFrame } from './core/frames.js';
import { Call, GAP_REASONS, Out } from './core/names.js';
import { SteadfastError } from './error.js';
import type { Log } from './log.js';
import { type Settings, configuration } from './options.js';
import { type Waiting, closed, complete, mistake, refusal } from './outbox.js';
import { Recorder, STATISTICS, writeReport } from './report.js';
import { idle, reasonOf } from './status.js';
import { type Entry, type Topic, openTopic } from './topics.js';
import type { Client, Result, Statistics, Status, Subscription } from './types.js';

/** One client's session with its machine: who listens, who waits for results, and what the status is. */
export interface Session {
  /** Those of the client's methods that are the session's as they are. */
  readonly methods: Pick<Client, 'connect' | 'disconnect' | 'close' | 'onStatus' | 'statistics' | 'debugReport'>;
  status: Status;
  /** Subscribes to a topic, with what the machine is to know of it. */
  follow(topic: string, values: unknown[], entry: Entry): Subscription;
  submit(what: Call.Submit | Call.Acknowledge, values: unknown[], signal?: AbortSignal): Promise<Result>;
  /** Sends now or not at all. */
  send(values: unknown[]): boolean;
  /** Counts and says what the application's code has thrown. */
  listenerFailed(error: unknown): void;
}

/** What waits for the module. */
interface Postponed {
  act(driver: Driver): void;
  /** Of a message, which is given up when the module fails to load once; what has none waits on. */
  readonly reject: ((error: SteadfastError) => void) | undefined;
}

const STATES = ['disconnected', 'connecting', 'connected'] as const;
const TRANSPORTS = ['websocket', 'polling'] as const;

/** Opens a session, which loads the module when it is first needed. */
export function openSession(settings: Settings, log: Log, load: () => Promise<WebAssembly.Module>): Session {
  /** How often the module has been asked for. */
  let attempts = 0;
  let postponed: Postponed[] = [];
  /** Once the module is there. It answers questions also when the client is over. */
  let driver: Driver | undefined;
  /** Why the client is over. */
  let over: SteadfastError | undefined;
  const slots = new Map<string, number>();
  const topics = new Map<number, Topic>();
  const waiting = new Map<number, Waiting>();
  /** Who listens, to whatever topic. */
  const entries = new Set<Entry>();
  const statusListeners = new Set<(status: Status) => void>();
  const recorder = new Recorder();
  let listenerErrors = 0;

  const session: Session = {
    methods: {
      connect() {
        whenRunning((driver) => driver.run(Call.Connect));
        if (!driver) setStatus(idle('loading', session.status.reason));
      },
      disconnect() {
        if (over || !attempts) return;
        if (!driver) setStatus(idle('disconnected'));
        whenRunning((driver) => driver.run(Call.Disconnect));
      },
      close() {
        if (over) return;
        over = closed();
        if (driver) {
          for (const id of waiting.keys()) driver.call(Call.Cancel, id);
          driver.call(Call.Disconnect);
          driver.later(() => driver?.end());
        }
        giveUp(over);
        setStatus(idle('closed', reasonOf(1000, false)));
      },
      onStatus(listener) {
        // Wrapped, so that the same function may listen twice.
        const wrapped = (status: Status) => listener(status);
        statusListeners.add(wrapped);
        return () => void statusListeners.delete(wrapped);
      },
      statistics() {
        const counted = STATISTICS.map((name, index) => [name, driver?.ask(Call.Statistic, index) ?? 0]);
        return { ...Object.fromEntries(counted), listenerErrors } as Statistics;
      },
      debugReport() {
        const followed = [...topics.values()].map(({ name, entries, cursor }) => ({ name, listeners: entries.size, cursor: cursor() }));
        return writeReport(session.status, session.methods.statistics(), followed, recorder);
      },
    },
    status: idle('disconnected'),
    follow(name, values, entry) {
      let topic: Topic | undefined;
      let subscription: number;
      entries.add(entry);
      whenRunning((driver) => {
        if (!entries.has(entry)) return;
        const answer = driver.subscribe(name, ...values);
        if (answer) {
          subscription = answer.a;
          const known = topics.get(answer.b);
          topic = known ?? openTopic(name, answer.b, settings, driver);
          topic.entries.add(entry);
          // It is told what the others know, but not before whoever subscribes has its answer.
          if (known) queueMicrotask(() => driver.later(() => entries.has(entry) && known.catchUp(entry)));
          else {
            entry.told = true;
            topics.set(answer.b, topic);
            slots.set(name, answer.b);
          }
        }
        driver.act();
      });
      const leave = () => {
        if (!entries.delete(entry)) return;
        entry.told = false;
        if (!topic) return;
        topic.entries.delete(entry);
        if (!topic.entries.size) {
          topics.delete(topic.slot);
          slots.delete(name);
        }
        driver?.run(Call.Unsubscribe, subscription);
      };
      return Object.assign(leave, {
        topic: name, cursor: () => topic?.cursor() ?? null, isLive: () => entries.has(entry) && (topic?.isLive() ?? false),
      });
    },
    submit(what, values, signal) {
      let cancel = () => {};
      return new Promise<Result>((resolve, reject) => {
        let id = 0;
        cancel = () => {
          if (id) driver?.run(Call.Cancel, id);
          else reject(new SteadfastError('cancelled', 'the message was cancelled before it was sent'));
        };
        if (signal?.aborted) return cancel();
        signal?.addEventListener('abort', cancel);
        whenRunning((driver) => {
          if (signal?.aborted) return;
          id = driver.call(what, ...values);
          if (id > 0) waiting.set(id, { resolve, reject });
          else reject(mistake(id));
          driver.act();
        }, reject);
      }).finally(() => signal?.removeEventListener('abort', cancel));
    },
    send(values) {
      const answer = over || !driver ? -5 : driver.run(Call.Send, ...values);
      if (answer === 0 || answer === -5) return answer === 0;
      throw mistake(answer);
    },
    listenerFailed(error) {
      listenerErrors += 1;
      log('error', 'a listener failed; the client goes on.', error);
    },
  };

  const whenRunning = (act: Postponed['act'], reject?: Postponed['reject']) => {
    if (over) {
      if (!reject) throw over;
      reject(over);
    } else if (driver) act(driver);
    else {
      postponed.push({ act, reject });
      if (!attempts) void start();
    }
  };

  const start = async () => {
    attempts += 1;
    try {
      const core = await openCore(await load(), configuration(settings));
      if (over) return;
      driver = openDriver(core, settings, log, recorder, {
        slots, output,
        beforeAnswer: () => topics.forEach((topic) => topic.report()),
        crashed: (error) => crash(`the client failed inside (${error}); reload the page, and report this with debugReport()`),
      });
      for (const { act } of postponed) act(driver);
      postponed = [];
    } catch (error) {
      if (!over && !driver) notLoaded(error as SteadfastError);
    }
  };

  /** The module may be there later: messages are given up, the rest waits. */
  const notLoaded = (error: SteadfastError) => {
    const { message } = error;
    if (!error.retryable) return crash(message, error.code);
    log('error', message);
    giveUpMessages(error);
    const delay = Math.floor(1_000 + Math.random() * Math.min(30_000, 1_500 * 2 ** attempts));
    setTimeout(() => over || void start(), delay);
    setStatus({ ...idle('loading', { code: 0, retryable: true, message }), attempt: attempts, retryAt: Date.now() + delay });
  };

  const crash = (message: string, code = 'crashed') => {
    over = new SteadfastError(code, message);
    log('error', message);
    giveUp(over);
    for (const { reject } of waiting.values()) reject(over);
    waiting.clear();
    setStatus(idle('crashed', { code: 0, retryable: false, message }));
  };

  /** Ends what waits for anything but the outcome of a message. */
  const giveUp = (error: SteadfastError) => {
    giveUpMessages(error);
    for (const entry of entries) {
      entry.told = false;
      entry.end?.();
    }
    entries.clear();
    topics.clear();
  };

  const giveUpMessages = (error: SteadfastError) => {
    for (const { reject } of postponed) reject?.(error);
    postponed = postponed.filter(({ reject }) => !reject);
  };

  const output = (output: Output): void => {
    const { what, a, b, c, value, size } = output;
    const topic = topics.get(what === Out.Gap ? a >> 2 : a);
    switch (what) {
      case Out.Event:
        // An event can outlive the last listener by the rest of one round.
        return topic?.event(b, c, size, value as EventFrame);
      case Out.Cursor: return topic?.stands(output);
      case Out.Gap:
        return topic?.tell({ kind: 'gap', gap: { topic: topic.name, reason: GAP_REASONS[a & 3] as string, ...b >= 0 && { lost: [b, c] } } });
      case Out.Reset: return topic?.tell({ kind: 'reset' });
      case Out.Live: return topic?.tell({ kind: 'live' });
      case Out.Failed: return topic?.tell({ kind: 'failed', error: refusal(output) });
      case Out.Status: {
        const code = a >> 5;
        return setStatus({
          state: STATES[a & 3] ?? 'closed', transport: TRANSPORTS[(a >> 2 & 3) - 1] ?? null, attempt: b,
          retryAt: c < 0 ? null : Date.now() + c, reason: reasonOf(code, (a & 16) !== 0, code === 4401 ? driver?.tokenFailure : undefined),
        });
      }
      default: return complete(output, waiting, over !== undefined);
    }
  };

  const setStatus = (status: Status) => {
    if (over && session.status.state === 'closed') return;
    session.status = Object.freeze(status);
    log('info', status.state, status.transport ?? '', status.reason?.message ?? '');
    for (const listener of statusListeners) {
      try {
        listener(status);
      } catch (error) {
        session.listenerFailed(error);
      }
    }
  };

  return session;
}
