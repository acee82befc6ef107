import type { Client, Listener, SteadfastError } from '../../src/types.js';
import { eventually } from '../support/patience.js';

/** What an application saw, in words that are the same whatever names a server gives. */
export class Witness {
  readonly saw: string[] = [];
  readonly #names = new Map<string, string>();

  /** Tells all that happens to a topic. */
  listener(who = ''): Required<Listener> {
    return {
      onEvent: ({ timestamp, payload, ...event }) => {
        if (Number.isNaN(Date.parse(timestamp ?? ''))) this.say(`${who} no timestamp`);
        const content = payload instanceof Uint8Array ? [...payload] : event.type === 'large' ? 'large' : payload;
        this.say(`${who} event`, { ...event, payload: content });
      },
      onDeleted: ({ topic, key, type, offset, replay }) => this.say(`${who} deleted`, { topic, key, type, offset, replay }),
      onGap: (gap) => this.say(`${who} gap`, gap),
      onReset: () => this.say(`${who} reset`),
      onLive: () => this.say(`${who} live`),
      onFailed: (error) => this.say(`${who} failed`, described(error)),
    };
  }

  /** Tells each state and transport that a client comes to. */
  follow(client: Client): Client {
    let last = '';
    client.onStatus(({ state, transport, reason }) => {
      const now = `${state} ${transport ?? ''} ${state === 'closed' ? JSON.stringify(reason) : ''}`;
      if (now !== last && state !== 'loading') this.say(now);
      last = now;
    });
    return client;
  }

  /** Tells what becomes of a message. */
  async outcome(promise: Promise<object>): Promise<void> {
    await promise.then((result) => this.say('done', result), (error: SteadfastError) => this.say('failed', described(error)));
  }

  say(what: string, about?: unknown): void {
    this.saw.push([what.trim(), ...about === undefined ? [] : [this.#renamed(JSON.stringify(about))]].join(' '));
  }

  /** Waits until something was seen so often. */
  async until(text: string, count = 1): Promise<void> {
    await eventually(() => {
      const found = this.saw.filter((line) => line.includes(text)).length;
      if (found < count) throw new Error(`${found} of ${count} times seen: ${text}, in\n${this.saw.join('\n')}`);
    });
  }

  /** Ids and epochs are the server's own: they are called after the order in which they were first seen. */
  #renamed(text: string): string {
    const name = (kind: string, word: string) => {
      const known = this.#names.get(word) ?? `${kind}${this.#names.size + 1}`;
      this.#names.set(word, known);
      return `"${known}"`;
    };
    return text
      .replace(/"timestamp":"[^"]+",?/g, '').replace(/"at":"[^"]+"/g, '"at":"then"')
      .replace(/"((?:[0-9a-f]{16}|test\d+)-\d+)"/g, (_, word: string) => name('id', word))
      .replace(/"([0-9a-f]{16}|test\d+)"/g, (_, word: string) => name('epoch', word));
  }
}

function described({ name, code, message, retryable, mayHaveTakenEffect }: SteadfastError): object {
  return { name, code, message, retryable, mayHaveTakenEffect };
}
