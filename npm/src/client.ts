import { SteadfastError } from './error.js';
import { type Rule, must, mustBeOf, of, settled, whole } from './check.js';
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
  AcknowledgeResult, Client, ClientOptions, Cursor, PublishOptions, Result, SubscribeOptions, Subscription, WasmSource,
} from './types.js';

/** What a message may be given, in the order in which the machine reads it; the signal behind is not the machine's. */
const PUBLISH: Readonly<Record<keyof PublishOptions, Rule>> = /* @__PURE__ */ (() => ({
  key: of('string'), deleted: of('boolean', false), priority: of('string'), requiresAcknowledgment: of('boolean', false),
  correlationId: of('string'), timeout: whole(-1), signal: of('object'),
}))();

/** What a subscription may be given. */
const SUBSCRIBE: Readonly<Record<keyof SubscribeOptions, Rule>> = /* @__PURE__ */ (() => ({
  keys: [undefined, (name, keys) =>
    must(Array.isArray(keys) && keys.every((key) => typeof key === 'string'), name, 'an array of texts')],
  history: whole(-1),
  cursor: [undefined, (name, given) => {
    const cursor = given as Cursor | null;
    must(!cursor || typeof cursor.epoch === 'string' && Number.isSafeInteger(cursor.offset) && cursor.offset >= 0,
      name, 'what `subscription.cursor()` gave');
  }],
}))();

/** Makes a client; `source` says where the module is if the options do not. */
export function create(options: ClientOptions, source: () => WasmSource | Promise<WasmSource>): Client {
  const settings = settle(options);
  const log = openLog(() => client, settings.logger);
  const session = openSession(settings, log, async () => {
    if (settings.transport === 'websocket' && !(settings.WebSocket ?? globalThis.WebSocket)) {
      throw new SteadfastError('no_websocket', 'there is no WebSocket here; give one as `WebSocket` (in Node: the package ws), or allow polling');
    }
    return load(settings.wasm, source);
  });

  const follow = (topic: string, given: SubscribeOptions, take: Entry['take'], end?: () => void): Subscription => {
    checkTopic(topic);
    const { keys, history, cursor } = settled(given, SUBSCRIBE);
    return session.follow(
      topic, [...keys ? [1, keys.length, ...keys] : [0], history, cursor?.epoch, cursor?.offset],
      { keys: keys && new Set(keys), take, end, told: false },
    );
  };

  const submit = async (topic: string | undefined, type: string, payload: unknown, given?: PublishOptions): Promise<Result> =>
    session.submit(Call.Submit, messageOf(topic, type, payload, given), given?.signal);

  const client: Client = {
    ...session.methods,
    subscribe(topic, listener, given = {}) {
      must(typeof listener === 'object' && listener !== null, 'listener', 'an object: subscribe(topic, { onEvent(event) { … } })');
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
      for (const id of all) mustBeOf('string', 'id', id);
      mustBeOf('string', 'note', note ?? '');
      must(all.length > 0 && all.length <= 256, 'ids', 'those of 1 to 256 events');
      const { payload } = await session.submit(Call.Acknowledge, [all.length, ...all, note?.slice(0, 1_024)]);
      return { unknown: (payload as Partial<AcknowledgeResult> | null | undefined)?.unknown ?? [] };
    },
    get status() {
      return session.status;
    },
    logLevel: settings.logLevel,
  };
  if (settings.autoConnect) client.connect();
  return client;
}

/** A message as the machine is given it. */
function messageOf(topic: string | undefined, type: string, payload: unknown, given: PublishOptions = {}): unknown[] {
  mustBeOf('string', 'type', type);
  return [type, topic, ...payloadOf(payload), ...Object.values(settled(given, PUBLISH))];
}
