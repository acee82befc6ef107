import { SteadfastError } from './error.js';
import { load } from './core/load.js';
import { Call } from './core/names.js';
import { hand } from './hand.js';
import { openLog } from './log.js';
import { settle } from './options.js';
import { checkTopic, payloadOf } from './outbox.js';
import { openSession } from './session.js';
import { openStream } from './stream.js';
import type { Entry } from './topics.js';
import type {
  AcknowledgeResult, Client, ClientOptions, PublishOptions, Result, SubscribeOptions, Subscription, WasmSource,
} from './types.js';

/** Makes a client; `source` says where the module is if the options do not. */
export function create(options: ClientOptions, source: () => WasmSource | Promise<WasmSource>): Client {
  const settings = settle(options);
  const log = openLog(() => client, settings.logger);
  const session = openSession(settings, log, async () => {
    if (settings.transport === 'websocket' && !(settings.WebSocket ?? globalThis.WebSocket)) {
      throw new SteadfastError('no_websocket', 'there is no WebSocket here; give one as `WebSocket` (in Node: that of the package ws), or allow polling');
    }
    return load(settings.wasm, source);
  });

  const follow = (topic: string, given: SubscribeOptions, take: Entry['take'], end?: () => void): Subscription => {
    checkTopic(topic);
    const { keys, history, cursor, ...others } = given;
    refuseOthers(others, 'keys, history and cursor');
    if (keys !== undefined && !(Array.isArray(keys) && keys.every((key) => typeof key === 'string'))) {
      throw new SteadfastError('bad_options', '`keys` must be an array of texts');
    }
    if (history !== undefined) checkWhole('history', history);
    if (cursor && !(typeof cursor.epoch === 'string' && Number.isSafeInteger(cursor.offset) && cursor.offset >= 0)) {
      throw new SteadfastError('bad_options', '`cursor` must be what `subscription.cursor()` gave');
    }
    return session.follow(
      topic, [...keys ? [1, keys.length, ...keys] : [0], history ?? -1, cursor?.epoch, cursor?.offset],
      { keys: keys && new Set(keys), take, end, told: false },
    );
  };

  const submit = async (topic: string | undefined, type: string, payload: unknown, given?: PublishOptions): Promise<Result> =>
    session.submit(Call.Submit, messageOf(topic, type, payload, given), given?.signal);

  const client: Client = {
    ...session.methods,
    subscribe(topic, listener, given = {}) {
      if (typeof listener !== 'object' || listener === null) {
        throw new SteadfastError('bad_options', 'subscribe needs a listener: subscribe(topic, { onEvent(event) { … } })');
      }
      const say = (text: string, value: unknown) => log('warn', `${topic}: ${text}`, value);
      return follow(topic, given, (delivery, release) => {
        // An event's way: nothing is made here that an event does not need.
        try {
          hand(listener, delivery, say);
        } catch (error) {
          session.listenerFailed(error);
        }
        release?.();
      });
    },
    stream(topic, given = {}) {
      const sink = openStream(topic, () => leave());
      const leave = follow(topic, given, sink.push, sink.end);
      return sink.stream;
    },
    async publish(topic, type, payload, given) {
      checkTopic(topic);
      return submit(topic, type, payload, given);
    },
    request: <Payload>(type: string, payload?: unknown, given?: PublishOptions) =>
      submit(undefined, type, payload, given) as Promise<Result<Payload>>,
    send: (type, payload) => session.send(messageOf(undefined, type, payload)),
    async acknowledge(ids, note) {
      const all = [ids].flat() as string[];
      for (const id of all) checkTexts({ id, note: note ?? '' });
      if (all.length > 256) {
        throw new SteadfastError('bad_options', 'acknowledge takes the ids of at most 256 events at a time');
      }
      const { payload } = await session.submit(Call.Acknowledge, [all.length, ...all, note?.slice(0, 1_024)]);
      return { unknown: (payload as Partial<AcknowledgeResult> | null | undefined)?.unknown ?? [] };
    },
    get status() {
      return session.status;
    },
    logLevel: settings.logLevel ?? 'warn',
  };
  if (settings.autoConnect) client.connect();
  return client;
}

/** A message as the machine is given it. */
function messageOf(topic: string | undefined, type: string, payload: unknown, given: PublishOptions = {}): unknown[] {
  const { key, deleted, priority, requiresAcknowledgment, correlationId, timeout, signal, ...others } = given;
  refuseOthers(others, 'key, deleted, priority, requiresAcknowledgment, correlationId, timeout and signal');
  checkTexts({ type, key: key ?? '', priority: priority ?? '', correlationId: correlationId ?? '' });
  if (timeout !== undefined) checkWhole('timeout', timeout);
  return [
    type, topic, ...payloadOf(payload), key, deleted ? 1 : 0, priority, requiresAcknowledgment ? 1 : 0, correlationId, timeout ?? -1,
  ];
}

/** An option that is misspelt would do nothing in silence. */
function refuseOthers(others: object, known: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw new SteadfastError('bad_options', `there is no option \`${name}\`; there are ${known}`);
}

/** What is no text would end up in the machine as one, or not at all. */
function checkTexts(texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text !== 'string') throw new SteadfastError('bad_options', `\`${name}\` must be a text, and is ${typeof text}`);
  }
}

function checkWhole(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new SteadfastError('bad_options', `\`${name}\` must be a whole number, zero or more`);
  }
}
