import { payloadOf } from './event.js';
import type { Host } from './host.js';
import { Refusal, forbidden, wireError } from './refusal.js';
import type { Fields, Session } from './session.js';
import type { Outcome, ReceivedMessage } from './types.js';

/** Carries a client's message out, once however often it comes, and answers it. */
export function carryOut(host: Host, session: Session, frame: Fields): void {
  const { ref, idem, ...rt } = (frame.rt ?? {}) as { ref?: unknown; idem?: string; topic?: string; key?: string; deleted?: boolean };
  const payload = payloadOf(frame);
  const { type, priority, correlation_id: correlationId, requires_acknowledgment: requiresAcknowledgment } = frame;
  const given = { type, priority, correlationId, requiresAcknowledgment, topic: rt.topic, key: rt.key, deleted: rt.deleted };
  const user = session.user ?? '';
  const message = {
    user, ...JSON.parse(JSON.stringify(given)) as Fields,
    payload: typeof payload === 'string' ? JSON.parse(payload) as unknown : payload,
  } as ReceivedMessage;

  const body = JSON.stringify([given, payload instanceof Uint8Array ? [...payload] : payload]);
  const key = idem === undefined ? undefined : `${user} ${idem}`;
  const { results } = host.hub;
  const known = key === undefined ? undefined : results.get(key);
  if (known && known.body !== body) {
    const conflict = new Refusal('idem_conflict', 'the idempotency key was used with another body within ten minutes; use a new key');
    return session.answer(ref, { error: conflict.wire });
  }
  const outcome = known?.outcome ?? (rt.topic === undefined ? answer(host, message) : publish(host, message, payload));
  if (key !== undefined && !known) results.set(key, { body, outcome });
  const told = (done: Outcome) => {
    const failed = 'error' in done;
    // What failed may go well the next time.
    if (key !== undefined && failed && done.error.retryable) results.delete(key);
    session.answer(ref, failed ? done : { ...done, ...known && { duplicate: true } });
  };
  if (!(outcome instanceof Promise)) return told(outcome);
  session.pending += 1;
  void outcome.then((done) => {
    session.pending -= 1;
    told(done);
    session.outlet.wake();
  });
}

function publish(host: Host, message: ReceivedMessage, payload: string | Uint8Array | undefined): Outcome {
  const topic = message.topic ?? '';
  try {
    if (/^user$|^(user|open|presence|rt):/.test(topic)) throw new Refusal('bad_topic', "the topic is the server's own; publish to another");
    if (host.isForbidden(topic)) throw forbidden();
    const published = host.hub.publish({ ...message, topic, payload }, message.user);
    host.messages.push(message);
    host.wake();
    return { payload: published };
  } catch (thrown) {
    return { error: wireError(thrown) };
  }
}

function answer(host: Host, request: ReceivedMessage): Outcome | Promise<Outcome> {
  host.requests.push(request);
  if (!host.answers.has(request.type)) {
    return { error: new Refusal('unsupported', 'the server has no handler for this type; name a topic to publish to').wire };
  }
  const given = host.answers.get(request.type);
  const act = async () => (typeof given === 'function' ? await (given as (...values: unknown[]) => unknown)(request.payload, request) : given);
  return act().then((payload): Outcome => ({ payload }), (thrown: unknown) => ({ error: wireError(thrown) }));
}
