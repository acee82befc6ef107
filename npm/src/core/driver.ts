import type { Log } from '../log.js';
import { type Settings, endpointsOf } from '../options.js';
import type { Recorder } from '../report.js';
import { watchActivity } from './activity.js';
import type { Core, Output } from './core.js';
import { type Answer, openExchanges } from './exchanges.js';
import { type FrameSink, MOST_IN_ANSWER, MOST_IN_MESSAGE, decodeBytes, decodeRefusal, decodeText } from './frames.js';
import { openLinks } from './links.js';
import { Call, Flag, Frame, Out } from './names.js';
import { openTokens } from './tokens.js';

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

/** Drives one machine: tells it what happens, does what it wants. */
export interface Driver {
  /** Why the last request for a token failed; `undefined` once one is answered. */
  tokenFailure: string | undefined;
  /** Something is on its way to a listener. */
  acting: boolean;
  /** Tells the machine something, and does what it wants. Answers a message's number, or a mistake's below zero. */
  run(what: Call, ...values: unknown[]): number;
  /** Tells the machine something; what it wants waits for {@link act}. */
  call(what: Call, ...values: unknown[]): number;
  /** Subscribes, and answers the subscription's number and the topic's slot; `undefined` where the machine is dead. */
  subscribe(...values: unknown[]): { readonly a: number; readonly b: number } | undefined;
  /** Has something done in its turn: when all that comes before is. */
  later(act: () => void): void;
  /** Does what the machine wants, unless that is under way. */
  act(): void;
  /** A question to the machine, which it answers also after the end; not where it is dead. */
  ask(what: Call, subject: number): number | undefined;
  /** Where a topic stands, what is on its way to listeners included. */
  cursor(slot: number): Output | undefined;
  /** Lets go of everything outside. The machine is not called again. */
  end(): void;
}

/**
 * Opens a driver.
 *
 * What the machine wants is queued, and done when no call into it is under way. So a listener may do anything, and what it
 * causes is done in its turn.
 */
export function openDriver(core: Core, settings: Settings, log: Log, recorder: Recorder, face: Face): Driver {
  let ended = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt = Infinity;
  let bufferedTimer: ReturnType<typeof setTimeout> | undefined;
  /** The link whose message is being decoded. */
  let current = 0;

  const driver: Driver = {
    tokenFailure: undefined,
    acting: false,
    run(what, ...values) {
      const answer = driver.call(what, ...values);
      driver.act();
      return answer;
    },
    call(what, ...values) {
      core.tell();
      return again(what, ...values);
    },
    subscribe(...values) {
      const { outputs } = core;
      // It is the first that the call adds.
      const at = outputs.length;
      return driver.call(Call.Subscribe, ...values) === 0 ? outputs.splice(at, 1)[0] : undefined;
    },
    later(what) {
      core.put(Out.Act, 0, 0, 0, what);
      driver.act();
    },
    act() {
      if (driver.acting) return;
      driver.acting = true;
      while (core.outputs.length) {
        const { outputs } = core;
        core.outputs = [];
        try {
          if (!ended) for (const output of outputs) carryOut(output);
        } catch (error) {
          crash(error);
        }
      }
      driver.acting = false;
      arm();
    },
    ask(what, subject) {
      try {
        return core.ask(what, subject);
      } catch {
        return undefined;
      }
    },
    cursor: (slot) => driver.ask(Call.Cursor, slot) === 0 ? core.outputs.pop() : undefined,
    end() {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      clearTimeout(bufferedTimer);
      unwatch();
      tokens.abort();
      links.end();
      exchanges.abort();
    },
  };
  const { run, act, end } = driver;

  /** Tells the machine something more of the same moment. */
  const again = (what: Call, ...values: unknown[]): number => {
    recorder.call(what, values);
    if (ended) return NaN;
    try {
      return core.call(what, ...values);
    } catch (error) {
      crash(error);
      return NaN;
    }
  };

  const carryOut = (output: Output) => {
    const { what, a, b, value } = output;
    switch (what) {
      case Out.Open: return links.open(a);
      case Out.Close: return links.close(a, b);
      case Out.Send:
      case Out.SendBytes:
        links.send(a, value as string | Uint8Array);
        return askBuffered();
      case Out.Exchange: return exchanges.begin(a, value as string);
      case Out.Abort: return exchanges.abort();
      case Out.NeedToken: return tokens.ask(a, b !== 0);
      case Out.Act: return (value as () => void)();
      default: return face.output(output);
    }
  };

  /** Gives the machine the frames of the current link. */
  const sink: FrameSink = {
    event(slot, offset, flags, size, frame, id) {
      recorder.event();
      core.event(current, slot, offset, flags, size, frame, id);
    },
    control: (values) => again(Call.Frame, current, ...values),
    bad() {
      log('warn', NO_FRAME);
      again(Call.BadFrame, current);
    },
  };

  /** An event's way, as all that it calls: nothing is made on it that an event does not need. */
  const message = (link: number, data: string | Uint8Array) => {
    core.tell();
    current = link;
    try {
      if (typeof data === 'string') decodeText(data, MOST_IN_MESSAGE, face.slots, sink);
      else decodeBytes(data, face.slots, sink);
    } catch (error) {
      crash(error);
    }
    act();
  };

  const answered = (exchange: number, answer: Answer) => {
    if (!answer) return void run(Call.ExchangeFailed, exchange);
    const [status, retryAfter, text] = answer;
    face.beforeAnswer();
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
      decodeText(text, MOST_IN_ANSWER, face.slots, {
        event: (slot, offset, flags, size, frame, id) =>
          add([Frame.Event, slot, offset, flags, size, frame, ...flags & Flag.Acknowledge ? [id] : []]),
        control: add,
        bad: () => void (bad += 1),
      });
    }
    if (bad) log('warn', NO_FRAME, bad);
    run(Call.Answered, exchange, status, retryAfter, bad, count, ...frames);
  };

  /** Asks in a while what the links have still to send, until that is nothing. */
  const askBuffered = () => {
    bufferedTimer ??= setTimeout(() => {
      bufferedTimer = undefined;
      for (const [link, bytes] of links.buffered()) {
        run(Call.Buffered, link, bytes);
        if (bytes) askBuffered();
      }
    }, BUFFERED_AFTER);
  };

  /** A later deadline does not move the timer: early ticks are harmless, and moving it for each event is not free. */
  const arm = () => {
    const { deadline } = core;
    if (deadline >= timerAt || ended) return;
    clearTimeout(timer);
    timerAt = deadline;
    const delay = Math.max(0, deadline - Math.floor(performance.now()));
    timer = setTimeout(() => {
      timerAt = Infinity;
      run(Call.Tick);
    }, Math.min(delay, LONGEST_TIMER));
  };

  const crash = (error: unknown) => {
    end();
    face.crashed(error);
  };

  const endpoints = endpointsOf(settings.url);
  const links = openLinks(settings.WebSocket ?? globalThis.WebSocket, `ws${endpoints}ws`, run, message);
  const exchanges = openExchanges(settings.fetch, `http${endpoints}poll`, answered);
  const tokens = openTokens(settings.getToken, (request, failure, ...values) => {
    driver.tokenFailure = failure;
    if (failure) log('error', failure);
    run(failure ? Call.TokenFailed : Call.TokenReady, request, ...values);
  });
  const unwatch = watchActivity(run);

  return driver;
}
