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

/** Settles who waits for a message, by what the machine says of it. */
export function complete(output: Output, waiting: Map<number, Waiting>, closing: boolean): void {
  const { what, a, b, c, value } = output;
  const waiter = waiting.get(a);
  waiting.delete(a);
  if (what === Out.Done) waiter?.resolve({ payload: value, duplicate: b !== 0 });
  else waiter?.reject(what === Out.Refused ? refusal(output) : givenUp(b, c !== 0, closing));
}

/** Why there is no result. */
function givenUp(why: number, sent: boolean, closing: boolean): SteadfastError {
  const [code, what] = why === 2 ? ['outcome_unknown', 'the server lost its results']
    : why === 0 ? ['timed_out', 'no result came in time']
    : closing ? ['closed', 'the client was closed'] : ['cancelled', 'the message was cancelled'];
  const after = sent ? '; it was sent and may have taken effect: look before trying again' : '';
  return new SteadfastError(code, what + after, why === 0, sent);
}

/** The server's error, or one of the machine's own: its code and its message, a space between. */
export function refusal({ b, c, value }: Output): SteadfastError {
  const [code = '', ...words] = `${['', 'forbidden ', 'too_large '][c]}${value as string}`.split(' ');
  return new SteadfastError(code, words.join(' ') || `the server refuses it: ${code}`, b !== 0);
}

/**
 * What the machine names by a number below zero: -5, that it is not connected, or the caller's mistakes by their places in the
 * core's `Misuse`. Topics' names and lists of ids are checked before it sees them.
 */
export function mistake(number: number): SteadfastError {
  switch (number) {
    case -2: return new SteadfastError('bad_options', '`type` must be 1 to 64 characters and no type of the protocol (as rt.gap, ping, subscribe)');
    case -3: return new SteadfastError('too_large', 'the payload is larger than the server accepts; send less, or raise max_frame_bytes there');
    case -4: return new SteadfastError('outbox_full', 'too many messages wait for their result; wait for some, or raise outboxMessages and outboxBytes', true);
    default: return closed();
  }
}

/** Refuses what is no topic's name. */
export function checkTopic(topic: unknown): void {
  if (typeof topic !== 'string' || !/^[\w.:-]{1,128}$/.test(topic)) {
    throw new SteadfastError('bad_topic', '`topic` must be 1 to 128 characters of A-Z a-z 0-9 _ . : -');
  }
}

/** The client is closed. */
export function closed(): SteadfastError {
  return new SteadfastError('closed', 'the client is closed; make a new one with createClient');
}

/** A payload as the machine is given it: kind and content. */
export function payloadOf(payload: unknown): [kind: number, content?: unknown] {
  if (payload === undefined) return [0];
  const bytes = bytesIn(payload);
  if (bytes) return [2, bytes];
  let why: string = typeof payload;
  try {
    const text = JSON.stringify(payload) as string | undefined;
    if (text !== undefined) return [1, text];
  } catch (error) {
    why = (error as Error).message;
  }
  throw new SteadfastError('bad_payload', `the payload cannot be written as JSON (${why}); give plain objects, or bytes`);
}
