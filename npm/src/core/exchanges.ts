/** The answer to an exchange; `undefined` where none came. */
export type Answer = readonly [status: number, retryAfter: number, text: string] | undefined;

/** The HTTP exchanges of a client: one at a time. */
export interface Exchanges {
  begin(exchange: number, body: string): void;
  abort(exchange: number): void;
  /** Aborts all. */
  end(): void;
}

/** The longest answer: the protocol's 512 KiB of events, with room for one large event and for the frames around. */
const LONGEST_ANSWER = 8 * 1_048_576;

/** Posts exchanges and tells their answers. An aborted one is not answered. */
export function openExchanges(
  send: typeof fetch, url: string, answered: (exchange: number, answer: Answer) => void,
): Exchanges {
  const running = new Map<number, AbortController>();

  const post = async (body: string, signal: AbortSignal): Promise<Answer> => {
    const response = await send(url, {
      method: 'POST', body, signal, headers: { 'Content-Type': 'application/json' },
      // The token is in the body, and goes to the server that was named alone.
      credentials: 'omit', redirect: 'error', cache: 'no-store', referrerPolicy: 'no-referrer',
    });
    const seconds = response.headers.get('Retry-After') ?? '';
    return [response.status, /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1_000 : -1, await textOf(response)];
  };

  const abort = (exchange: number) => {
    const controller = running.get(exchange);
    running.delete(exchange);
    controller?.abort();
  };

  return {
    begin(exchange, body) {
      const controller = new AbortController();
      running.set(exchange, controller);
      post(body, controller.signal).catch(() => undefined).then((answer) => {
        if (running.delete(exchange)) answered(exchange, answer);
      });
    },
    abort,
    end: () => [...running.keys()].forEach(abort),
  };
}

/** The answer's text; one that is longer than an answer may be counts as none. */
async function textOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let left = LONGEST_ANSWER;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    left -= value.length;
    if (left < 0) {
      await reader.cancel();
      throw new RangeError('the answer is too long');
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}
