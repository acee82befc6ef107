/** The answer to an exchange; `undefined` where none came. `retryAfter` is no number where the server does not say it. */
export type Answer = readonly [status: number, retryAfter: number, text: string] | undefined;

/** The HTTP exchanges of a client: one at a time. */
export interface Exchanges {
  begin(exchange: number, body: string): void;
  abort(): void;
}

/** The longest answer: the protocol's 512 KiB of events, with room for one large event and for the frames around. */
const LONGEST_ANSWER = 8_000_000;

/** Posts exchanges and tells their answers. An aborted one is not answered. */
export function openExchanges(
  send: typeof fetch, url: string, answered: (exchange: number, answer: Answer) => void,
): Exchanges {
  let abort = () => {};

  const post = async (body: string, signal: AbortSignal): Promise<Answer> => {
    const response = await send(url, {
      method: 'POST', body, signal, headers: { 'Content-Type': 'application/json' },
      // The token is in the body, and goes to the server that was named alone.
      credentials: 'omit', redirect: 'error', cache: 'no-store', referrerPolicy: 'no-referrer',
    });
    return [response.status, Number(response.headers.get('Retry-After') ?? NaN) * 1_000, await textOf(response)];
  };

  return {
    begin(exchange, body) {
      abort();
      const controller = new AbortController();
      const { signal } = controller;
      abort = () => controller.abort();
      post(body, signal).catch(() => undefined).then((answer) => {
        if (!signal.aborted) answered(exchange, answer);
      });
    },
    abort: () => abort(),
  };
}

/** The answer's text; one that is longer than an answer may be counts as none. */
async function textOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let left = LONGEST_ANSWER;
  let bytes: Uint8Array | undefined;
  while ((bytes = (await reader?.read())?.value)) {
    left -= bytes.length;
    if (left < 0) {
      await reader?.cancel();
      throw left;
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}
