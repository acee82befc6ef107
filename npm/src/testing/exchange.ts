import type { Host } from './host.js';
import { Session } from './session.js';
import { later } from './wire.js';

/** The most events in one answer. */
const MOST_EVENTS = 1_000;
/** The most that one answer holds; one event is given whatever its size. */
const MOST_UNITS = 512 * 1_024;

/** Answers one exchange, when there is something to answer; rejects as `fetch` does where the connection dies. */
export async function answerExchange(host: Host, body: string, signal: AbortSignal | null | undefined): Promise<Response> {
  const frames: string[] = [];
  let ended = 0;
  let wake: () => void = () => undefined;
  let drop: (error: Error) => void = () => undefined;
  const session = new Session(host, 'polling', {
    frame: (frame) => void frames.push(JSON.stringify(frame)),
    wake: () => wake(),
    end: (code) => void (ended = code),
    drop: () => drop(new TypeError('the connection to the test server died')),
  });
  const woken = () => new Promise<void>((resolve, reject) => {
    wake = () => later(resolve);
    drop = reject;
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  host.sessions.add(session);
  try {
    session.take(body);
    while (session.pending) await woken();
    while (!collect(session, frames) && session.wait && !ended) await woken();
  } finally {
    host.sessions.delete(session);
    session.gone();
  }
  const error = REFUSALS[ended];
  return error ? refuse(...error) : respond(200, `[${frames.join()}]`);
}

/** An answer that is none of an exchange. */
export function refuse(status: number, code: string, message: string): Response {
  return respond(status, JSON.stringify({ error: { code, message, retryable: false } }));
}

/** The statuses that stand for close codes; other ends are told by `rt.bye`. */
const REFUSALS: Readonly<Record<number, readonly [status: number, code: string, message: string]>> = {
  4400: [400, 'bad_frame', 'the first frame must be rt.hello'],
  4401: [401, 'unauthorized', 'the token was refused'],
};

/** Takes what there is to read; whether there was anything. */
function collect(session: Session, frames: string[]): boolean {
  let [events, units] = [0, 0];
  for (const item of session.unread()) {
    const text = 'event' in item ? item.event.text : JSON.stringify(item.frame);
    units += text.length;
    if (events === MOST_EVENTS || (events && units > MOST_UNITS)) {
      frames.push('{"type":"rt.more"}');
      break;
    }
    events += 1;
    frames.push(text);
  }
  return events > 0;
}

function respond(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'Content-Type': 'application/json' } });
}
