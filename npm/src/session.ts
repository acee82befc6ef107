import type { Output } from './core/core.js';
import { Driver, openCore } from './core/driver.js';
import type { EventFrame } from './core/frames.js';
import { Call, Out } from './core/names.js';
import { SteadfastError } from './error.js';
import type { Log } from './log.js';
import type { Settings } from './options.js';
import { type Waiting, closed, complete, mistake, refusal } from './outbox.js';
import { Recorder, STATISTICS, writeReport } from './report.js';
import { idle, reasonOf } from './status.js';
import { type Entry, type Portion, Topic } from './topics.js';
import type { Cursor, Delivery, Gap, Result, Statistics, Status, StatusReason } from './types.js';

/** What waits for the module. */
interface Postponed {
  act(driver: Driver): void;
  /** The module is not to be had, or the client is over. */
  fail(error: SteadfastError): void;
  /** Whether it is worth waiting for when the module fails to load once. */
  readonly patient: boolean;
}

/** How far a client is. */
type Life =
  | { readonly stage: 'new' }
  | { readonly stage: 'loading' }
  | { readonly stage: 'running'; readonly driver: Driver }
  | { readonly stage: 'over'; readonly error: SteadfastError; readonly driver?: Driver };

const TRANSPORTS = [null, 'websocket', 'polling'] as const;
const STATES = ['disconnected', 'connecting', 'connected', 'closed'] as const;

/** One client's session with its machine: who listens, who waits for results, and what the status is. */
export class Session {
  status: Status = idle('disconnected');
  #life: Life = { stage: 'new' };
  #postponed: Postponed[] = [];
  #attempts = 0;
  readonly #slots = new Map<string, number>();
  readonly #topics = new Map<number, Topic>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #statusListeners = new Set<(status: Status) => void>();
  readonly #streams = new Map<Entry, () => void>();
  readonly #recorder = new Recorder();
  readonly #portion: Portion;
  #reason: StatusReason | null = null;
  #tokenFailure: string | undefined;
  #listenerErrors = 0;

  constructor(
    private readonly settings: Settings, private readonly log: Log, private readonly load: () => Promise<WebAssembly.Module>,
  ) {
    this.#portion = { events: Math.ceil(settings.bufferEvents / 16), bytes: Math.ceil(settings.bufferBytes / 16) };
  }

  connect(): void {
    this.#whenRunning((driver) => driver.run(Call.Connect), thrown, true);
    if (this.#life.stage === 'loading') this.#setStatus(idle('loading', this.status.reason));
  }

  disconnect(): void {
    const { stage } = this.#life;
    if (stage === 'loading') this.#setStatus(idle('disconnected'));
    if (stage === 'loading' || stage === 'running') this.#whenRunning((driver) => driver.run(Call.Disconnect), thrown, true);
  }

  close(): void {
    if (this.#life.stage === 'over') return;
    const error = closed();
    if (this.#life.stage === 'running') {
      const { driver } = this.#life;
      this.#life = { stage: 'over', error, driver };
      for (const id of this.#waiting.keys()) driver.call(Call.Cancel, id);
      driver.call(Call.Disconnect);
      driver.finish();
    } else this.#life = { stage: 'over', error };
    this.#giveUp(error);
    if (!this.#waiting.size) this.#setStatus(idle('closed', reasonOf(1000, false)));
  }

  subscribe(entry: Entry, topic: string, values: unknown[], onEnd?: () => void): void {
    if (onEnd) this.#streams.set(entry, onEnd);
    this.#whenRunning((driver) => {
      if (entry.ended) return;
      const answer = driver.subscribe(topic, ...values);
      if (answer) this.#place(driver, entry, topic, answer.a, answer.b);
      driver.act();
    }, thrown, true);
  }

  unsubscribe(entry: Entry): void {
    if (entry.ended) return;
    entry.ended = true;
    this.#streams.delete(entry);
    if (!entry.place || this.#life.stage !== 'running') return;
    const { topic, subscription } = entry.place;
    topic.remove(entry);
    topic.members -= 1;
    if (!topic.members) {
      this.#topics.delete(topic.slot);
      this.#slots.delete(topic.name);
    }
    this.#life.driver.run(Call.Unsubscribe, subscription);
  }

  submit(what: Call.Submit | Call.Acknowledge, values: unknown[], signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const cancelled = new SteadfastError('cancelled', 'the message was cancelled before it was sent');
      if (signal?.aborted) return reject(cancelled);
      let id = 0;
      const cancel = () => {
        if (id && this.#life.stage === 'running') this.#life.driver.run(Call.Cancel, id);
        else reject(cancelled);
      };
      const done = <Value>(settle: (value: Value) => void) => (value: Value) => {
        signal?.removeEventListener('abort', cancel);
        settle(value);
      };
      const waiting: Waiting = { resolve: done(resolve), reject: done(reject) };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#whenRunning((driver) => {
        if (signal?.aborted) return;
        id = driver.call(what, ...values);
        if (id > 0) this.#waiting.set(id, waiting);
        else waiting.reject(mistake(id));
        driver.act();
      }, waiting.reject);
    });
  }

  /** Sends now or not at all. */
  send(values: unknown[]): boolean {
    if (this.#life.stage !== 'running') return false;
    const answer = this.#life.driver.run(Call.Send, ...values);
    if (answer === 0 || answer === -5) return answer === 0;
    throw mistake(answer);
  }

  cursor({ place }: Entry): Cursor | null {
    if (place?.topic.isState === undefined && this.#driver?.idle) this.#stands(place && this.#driver.cursor(place.topic.slot));
    return place?.topic.cursor ?? null;
  }

  isLive({ place, ended }: Entry): boolean {
    return place !== undefined && !ended && this.#life.stage === 'running' && this.#life.driver.live(place.topic.slot);
  }

  onStatus(listener: (status: Status) => void): () => void {
    // Wrapped, so that the same function may listen twice.
    const wrapped = (status: Status) => listener(status);
    this.#statusListeners.add(wrapped);
    return () => void this.#statusListeners.delete(wrapped);
  }

  statistics(): Statistics {
    const counted = STATISTICS.map((name, index) => [name, this.#driver?.statistic(index) ?? 0]);
    return { ...Object.fromEntries(counted), listenerErrors: this.#listenerErrors } as Statistics;
  }

  report(): string {
    return writeReport(this.status, this.statistics(), this.#topics.values(), this.#recorder);
  }

  /** Counts and says what the application's code has thrown. */
  listenerFailed(error: unknown): void {
    this.#listenerErrors += 1;
    this.log('error', 'a listener failed; the client goes on.', error);
  }

  #whenRunning(act: (driver: Driver) => void, fail: (error: SteadfastError) => void, patient = false): void {
    if (this.#life.stage === 'over') return fail(this.#life.error);
    if (this.#life.stage === 'running') return act(this.#life.driver);
    this.#postponed.push({ act, fail, patient });
    if (this.#life.stage === 'new') void this.#start();
  }

  async #start(): Promise<void> {
    this.#life = { stage: 'loading' };
    try {
      const core = await openCore(await this.load(), this.settings);
      if (this.#life.stage !== 'loading') return;
      const driver = new Driver(core, this.settings, this.log, this.#recorder, {
        slots: this.#slots,
        output: (output) => this.#output(output),
        beforeAnswer: () => this.#topics.forEach((topic) => topic.report()),
        tokenFailure: (message) => void (this.#tokenFailure = message),
        crashed: (error) => this.#crashed(`the client failed inside (${error}); reload the page, and report this with debugReport()`),
      });
      this.#life = { stage: 'running', driver };
      const postponed = this.#postponed;
      this.#postponed = [];
      for (const { act } of postponed) act(driver);
    } catch (error) {
      this.#notLoaded(error as SteadfastError);
    }
  }

  /** The module may be there later: messages are given up, the rest waits. */
  #notLoaded(error: SteadfastError): void {
    if (this.#life.stage !== 'loading') return;
    if (!error.retryable) return this.#crashed(error.message, error.code);
    this.log('error', error.message);
    const postponed = this.#postponed;
    this.#postponed = postponed.filter(({ patient }) => patient);
    for (const { fail, patient } of postponed) if (!patient) fail(error);
    this.#attempts += 1;
    const delay = Math.floor(1_000 + Math.random() * Math.min(30_000, 1_500 * 2 ** this.#attempts));
    setTimeout(() => this.#life.stage === 'loading' && void this.#start(), delay);
    const reason = { code: 0, retryable: true, message: error.message };
    this.#setStatus({ ...idle('loading', reason), attempt: this.#attempts, retryAt: Date.now() + delay });
  }

  #crashed(message: string, code = 'crashed'): void {
    const error = new SteadfastError(code, message);
    this.#life = { stage: 'over', error, ...this.#driver && { driver: this.#driver } };
    this.log('error', message);
    this.#giveUp(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#setStatus(idle('crashed', { code: 0, retryable: false, message }));
  }

  /** Ends what waits for anything but the outcome of a message. */
  #giveUp(error: SteadfastError): void {
    const postponed = this.#postponed;
    this.#postponed = [];
    for (const { fail, patient } of postponed) if (!patient) fail(error);
    for (const end of this.#streams.values()) end();
    this.#streams.clear();
    for (const topic of this.#topics.values()) topic.end();
    this.#topics.clear();
  }

  #place(driver: Driver, entry: Entry, name: string, subscription: number, slot: number): void {
    let topic = this.#topics.get(slot);
    if (topic) driver.catchUpSoon(entry);
    else {
      topic = new Topic(name, slot, this.#portion, this.#taken);
      topic.add(entry);
      this.#topics.set(slot, topic);
      this.#slots.set(name, slot);
    }
    topic.members += 1;
    entry.place = { topic, subscription };
  }

  #output(output: Output): void {
    const { what, a, b, c, value, size } = output;
    switch (what) {
      case Out.Event: return this.#event(a, b, c, size, value as EventFrame);
      case Out.Cursor: return void this.#stands(output);
      case Out.Gap: {
        const lost = b < 0 ? {} : { lost: [b, c] as const };
        return this.#tell(a, (topic) => ({ kind: 'gap', gap: { topic, reason: value as Gap['reason'], ...lost } }));
      }
      case Out.Reset: return this.#tell(a, () => ({ kind: 'reset' }));
      case Out.Live: return this.#tell(a, () => ({ kind: 'live' }));
      case Out.Failed: return this.#tell(a, () => ({ kind: 'failed', error: refusal(value as string, b !== 0) }));
      case Out.Reason: return void (this.#reason = reasonOf(a, b !== 0, a === 4401 ? this.#tokenFailure : undefined));
      case Out.Status: return this.#setStatus({
        state: STATES[a & 3] ?? 'closed', transport: TRANSPORTS[a >> 2] ?? null, attempt: b,
        retryAt: c < 0 ? null : Date.now() + c, reason: this.#reason,
      });
      case Out.CatchUp: {
        const { place, ended } = value as Entry;
        if (place && !ended) place.topic.catchUp(value as Entry, this.isLive(value as Entry));
        return;
      }
      case Out.End: return this.#end();
      default: return complete(output, this.#waiting, this.#life.stage === 'over');
    }
  }

  #event(slot: number, offset: number, flags: number, size: number, frame: EventFrame): void {
    const topic = this.#topics.get(slot);
    // An event can outlive the last listener by the rest of one round.
    if (!topic) return;
    if (topic.isState === undefined) this.#stands(this.#driver?.cursor(slot));
    if (offset >= 0) topic.cursor = { epoch: topic.cursor?.epoch ?? '', offset };
    topic.event(offset, flags, size, frame);
  }

  #tell(slot: number, delivery: (topic: string) => Delivery): void {
    const topic = this.#topics.get(slot);
    topic?.tell(delivery(topic.name));
  }

  /** Notes where a topic stands, as the machine says. */
  #stands(output: Output | undefined): Topic | undefined {
    const topic = this.#topics.get(output?.a ?? -1);
    if (topic && output && output.b >= 0) {
      topic.isState = output.b === 1;
      topic.cursor = output.c < 0 ? null : { epoch: output.value as string, offset: output.c };
    }
    return topic;
  }

  get #driver(): Driver | undefined {
    return this.#life.stage === 'running' || this.#life.stage === 'over' ? this.#life.driver : undefined;
  }

  readonly #taken = (slot: number, events: number, bytes: number): void => {
    if (this.#life.stage === 'running') this.#life.driver.run(Call.Taken, slot, events, bytes);
  };

  #setStatus(status: Status): void {
    if (this.#life.stage === 'over' && this.status.state === 'closed') return;
    this.status = Object.freeze(status);
    this.log('info', `${status.state}${status.transport ? ` over ${status.transport}` : ''}`, status.reason?.message ?? '');
    for (const listener of this.#statusListeners) {
      try {
        listener(status);
      } catch (error) {
        this.listenerFailed(error);
      }
    }
  }

  #end(): void {
    this.#driver?.end();
    this.#setStatus(idle('closed', reasonOf(1000, false)));
  }
}

function thrown(error: SteadfastError): never {
  throw error;
}
