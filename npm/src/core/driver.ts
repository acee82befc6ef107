import type { Log } from '../log.js';
import { type Settings, configuration, endpointsOf } from '../options.js';
import type { Recorder } from '../report.js';
import { watchActivity } from './activity.js';
import { Core, type Output } from './core.js';
import { type Answer, type Exchanges, openExchanges } from './exchanges.js';
import { type FrameSink, MOST_IN_ANSWER, MOST_IN_MESSAGE, decodeBytes, decodeRefusal, decodeText } from './frames.js';
import { type Links, openLinks } from './links.js';
import { Call, Flag, Frame, Out } from './names.js';
import { type Tokens, openTokens } from './tokens.js';

/** Who is told what concerns the application. */
export interface Face {
  /** Where each topic is at the machine. */
  readonly slots: ReadonlyMap<string, number>;
  /** Something to be delivered, completed or shown. */
  output(output: Output): void;
  /** The machine is about to be given an answer, which may hold a whole buffer of events. */
  beforeAnswer(): void;
  /** The machine is dead: its memory is in no known state. */
  crashed(error: unknown): void;
}

/** The longest that a timer may be set to; beyond it browsers fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

const NO_FRAME = 'something that is no frame of the protocol came and is ignored';

/** How long after sending a link is asked what it has still to send. */
const BUFFERED_AFTER = 100;

/** Makes the machine that a driver drives. */
export function openCore(module: WebAssembly.Module, settings: Settings): Promise<Core> {
  return Core.open(module, configuration(settings));
}

/**
 * Drives one machine: tells it what happens, does what it wants.
 *
 * What the machine wants is queued, and done when no call into it is under way. So a listener may do anything, and what it
 * causes is done in its turn.
 */
export class Driver {
  /** Why the last request for a token failed; `undefined` once one is answered. */
  tokenFailure: string | undefined;
  /** Something is on its way to a listener. */
  acting = false;
  readonly #core: Core;
  readonly #log: Log;
  readonly #recorder: Recorder;
  readonly #face: Face;
  readonly #links: Links;
  readonly #exchanges: Exchanges;
  readonly #tokens: Tokens;
  readonly #unwatch: () => void;
  #ended = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #bufferedTimer: ReturnType<typeof setTimeout> | undefined;
  /** The link whose message is being decoded. */
  #link = 0;

  /** Gives the machine the frames of that link. */
  readonly #sink: FrameSink = {
    event: (slot, offset, flags, size, frame, id) => {
      this.#recorder.event();
      this.#core.event(this.#link, slot, offset, flags, size, frame, id);
    },
    control: (values) => this.call(Call.Frame, this.#link, ...values),
    bad: () => {
      this.#log('warn', NO_FRAME);
      this.call(Call.BadFrame, this.#link);
    },
  };

  constructor(
    core: Core, settings: Settings, log: Log, recorder: Recorder, face: Face,
  ) {
    this.#core = core;
    this.#log = log;
    this.#recorder = recorder;
    this.#face = face;
    const endpoints = endpointsOf(settings.url);
    this.#links = openLinks(settings.WebSocket ?? globalThis.WebSocket, `ws${endpoints}ws`, this.run, this.#message);
    this.#exchanges = openExchanges(settings.fetch, `http${endpoints}poll`, this.#answered);
    this.#tokens = openTokens(settings.getToken, (request, failure, ...values) => {
      this.tokenFailure = failure;
      if (failure) log('error', failure);
      this.run(failure ? Call.TokenFailed : Call.TokenReady, request, ...values);
    });
    this.#unwatch = watchActivity(this.run);
  }

  /** Tells the machine something, and does what it wants. Answers a message's number, or a mistake's below zero. */
  readonly run = (what: Call, ...values: unknown[]): number => {
    const answer = this.call(what, ...values);
    this.act();
    return answer;
  };

  /** Tells the machine something; what it wants waits for {@link act}. */
  call(what: Call, ...values: unknown[]): number {
    this.#recorder.call(what, values);
    if (this.#ended) return NaN;
    try {
      return this.#core.call(what, ...values);
    } catch (error) {
      this.#crash(error);
      return NaN;
    }
  }

  /** Subscribes, and answers the subscription's number and the topic's slot; `undefined` where the machine is dead. */
  subscribe(...values: unknown[]): { readonly a: number; readonly b: number } | undefined {
    const { outputs } = this.#core;
    // It is the first that the call adds.
    const at = outputs.length;
    return this.call(Call.Subscribe, ...values) === 0 ? outputs.splice(at, 1)[0] : undefined;
  }

  /** Has something done in its turn: when all that comes before is. */
  later(act: () => void): void {
    this.#core.put(Out.Act, 0, 0, 0, act);
    this.act();
  }

  /** Does what the machine wants, unless that is under way. */
  act(): void {
    if (this.acting) return;
    this.acting = true;
    while (this.#core.outputs.length) {
      const { outputs } = this.#core;
      this.#core.outputs = [];
      try {
        if (!this.#ended) for (const output of outputs) this.#carryOut(output);
      } catch (error) {
        this.#crash(error);
      }
    }
    this.acting = false;
    this.#arm();
  }

  /** A question to the machine, which it answers also after the end; not where it is dead. */
  ask(what: Call, subject: number): number | undefined {
    try {
      return this.#core.ask(what, subject);
    } catch {
      return undefined;
    }
  }

  /** Where a topic stands, what is on its way to listeners included. */
  cursor(slot: number): Output | undefined {
    return this.ask(Call.Cursor, slot) === 0 ? this.#core.outputs.pop() : undefined;
  }

  /** Lets go of everything outside. The machine is not called again. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#bufferedTimer);
    this.#unwatch();
    this.#tokens.abort();
    this.#links.end();
    this.#exchanges.abort();
  }

  #carryOut(output: Output): void {
    const { what, a, b, value } = output;
    switch (what) {
      case Out.Open: return this.#links.open(a);
      case Out.Close: return this.#links.close(a, b);
      case Out.Send:
      case Out.SendBytes:
        this.#links.send(a, value as string | Uint8Array);
        return this.#askBuffered();
      case Out.Exchange: return this.#exchanges.begin(a, value as string);
      case Out.Abort: return this.#exchanges.abort();
      case Out.NeedToken: return this.#tokens.ask(a, b !== 0);
      case Out.Act: return (value as () => void)();
      default: return this.#face.output(output);
    }
  }

  /** An event's way, as all that it calls: nothing is made on it that an event does not need. */
  readonly #message = (link: number, data: string | Uint8Array): void => {
    this.#core.tell();
    this.#link = link;
    const { slots } = this.#face;
    try {
      if (typeof data === 'string') decodeText(data, MOST_IN_MESSAGE, slots, this.#sink);
      else decodeBytes(data, slots, this.#sink);
    } catch (error) {
      this.#crash(error);
    }
    this.act();
  };

  readonly #answered = (exchange: number, answer: Answer): void => {
    if (!answer) return void this.run(Call.ExchangeFailed, exchange);
    const [status, retryAfter, text] = answer;
    this.#face.beforeAnswer();
    const frames: unknown[] = [];
    let [count, bad] = [0, 0];
    const add = (values: unknown[]) => {
      count += 1;
      frames.push(...values);
    };
    if (status !== 200) {
      const error = decodeRefusal(text);
      if (error) add(error);
    } else if (text) {
      decodeText(text, MOST_IN_ANSWER, this.#face.slots, {
        event: (slot, offset, flags, size, frame, id) =>
          add([Frame.Event, slot, offset, flags, size, frame, ...flags & Flag.Acknowledge ? [id] : []]),
        control: add,
        bad: () => void (bad += 1),
      });
    }
    if (bad) this.#log('warn', NO_FRAME, bad);
    this.run(Call.Answered, exchange, status, retryAfter, bad, count, ...frames);
  };

  /** Asks in a while what the links have still to send, until that is nothing. */
  #askBuffered(): void {
    this.#bufferedTimer ??= setTimeout(() => {
      this.#bufferedTimer = undefined;
      for (const [link, bytes] of this.#links.buffered()) {
        this.run(Call.Buffered, link, bytes);
        if (bytes) this.#askBuffered();
      }
    }, BUFFERED_AFTER);
  }

  /** A later deadline does not move the timer: early ticks are harmless, and moving it for each event is not free. */
  #arm(): void {
    const { deadline } = this.#core;
    if (deadline >= this.#timerAt || this.#ended) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const delay = Math.max(0, deadline - Math.floor(performance.now()));
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.run(Call.Tick);
    }, Math.min(delay, LONGEST_TIMER));
  }

  #crash(error: unknown): void {
    this.end();
    this.#face.crashed(error);
  }
}
