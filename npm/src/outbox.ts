import { bytesIn } from './bytes.js';
import type { Output } from './core/core.js';
import { Out } from './core/names.js';
import { SteadfastError } from './error.js';
import type { Result } from './types.js';

/** Who waits for a message's outcome. */
export interface Waiting {
  resolve(result: Result): void;
  reject(error: SteadfastError): void;
}

const SENT = '; it had been sent and may have taken effect';

/** Settles who waits for a message, by what the machine says of it. */
export function complete({ what, a, b, c, value }: Output, waiting: Map<number, Waiting>, closing: boolean): void {
  const waiter = waiting.get(a);
  waiting.delete(a);
  if (!waiter) return;
  if (what === Out.Done) return waiter.resolve({ payload: value, duplicate: b !== 0 });
  if (what === Out.Refused) return waiter.reject(refusal(value as string, b !== 0));
  const sent = c !== 0;
  const after = sent ? SENT : '';
  waiter.reject(
    b === 2 ? new SteadfastError('outcome_unknown', `the server lost its results${after}; look at what it did before trying again`, false, true)
    : b === 0 ? new SteadfastError('timed_out', `no result came in time${after}`, true, sent)
    : closing ? new SteadfastError('closed', `the client was closed${after}`, false, sent)
    : new SteadfastError('cancelled', `the message was cancelled${after}`, false, sent),
  );
}

/** The server's error: its code and its message, a space between. */
export function refusal(text: string, retryable: boolean): SteadfastError {
  const space = text.indexOf(' ');
  const code = text.slice(0, space);
  return new SteadfastError(code, text.slice(space + 1) || `the server refuses it: ${code}`, retryable);
}

/** The caller's mistake that the machine names by a number below zero; topics' names are checked before it sees them. */
export function mistake(number: number): SteadfastError {
  switch (number) {
    case -2: return new SteadfastError('bad_options', 'the type must be 1 to 64 characters and none of the protocol’s own (rt.…, ping, subscribe, …)');
    case -3: return new SteadfastError('too_large', 'the payload is larger than the server accepts; send less, or raise max_frame_bytes there');
    case -4: return new SteadfastError('outbox_full', 'too many messages wait for their result; wait for some, or raise outboxMessages and outboxBytes', true);
    case -6: return new SteadfastError('bad_options', 'name at least one event id to acknowledge');
    default: return closed();
  }
}

/** Refuses what is no topic's name. */
export function checkTopic(topic: unknown): void {
  if (typeof topic !== 'string' || !/^[\w.:-]{1,128}$/.test(topic)) {
    throw new SteadfastError('bad_topic', 'a topic’s name is a text of 1 to 128 characters of A-Z a-z 0-9 _ . : -');
  }
}

/** The client is closed. */
export function closed(): SteadfastError {
  return new SteadfastError('closed', 'the client is closed; make a new one with createClient');
}

/** A payload as the machine is given it: kind and content. */
export function payloadOf(payload: unknown): [kind: number, content?: unknown] {
  const bytes = bytesIn(payload);
  if (bytes) return [2, bytes];
  if (payload === undefined) return [0];
  let text: string | undefined;
  let why = 'a function or symbol is no JSON';
  try {
    text = JSON.stringify(payload);
  } catch (error) {
    why = (error as Error).message;
  }
  if (text === undefined) {
    throw new SteadfastError('bad_payload', `the payload cannot be written as JSON (${why}); give plain objects, or bytes`);
  }
  return [1, text];
}
