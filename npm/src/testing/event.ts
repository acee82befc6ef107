/** Something to be published: all of an event but what the server adds. */
export interface Draft {
  readonly type: string;
  /** JSON text; bytes; or nothing. */
  readonly payload: string | Uint8Array | undefined;
  /** As the client names it. */
  readonly topic: string;
  readonly key?: string | undefined;
  readonly deleted?: boolean | undefined;
  readonly priority?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly requiresAcknowledgment?: boolean | undefined;
}

/** An event in a topic, encoded once for all its readers. */
export interface StoredEvent {
  readonly id: string;
  /** Its place; in an ephemeral topic one that the wire does not carry. */
  readonly offset: number;
  readonly key: string | undefined;
  readonly deleted: boolean;
  readonly text: string;
  /** As a binary message, where its payload is bytes. */
  readonly binary: Uint8Array | undefined;
}

/** Encodes an event; `numbered`: its offset goes on the wire. */
export function encode(draft: Draft, id: string, offset: number, numbered: boolean): StoredEvent {
  const { type, payload, topic, key, deleted = false, priority, correlationId, requiresAcknowledgment } = draft;
  const frame = (written: unknown, encoding?: string) => JSON.stringify({
    type,
    ...written !== undefined && { payload: written },
    timestamp: new Date().toISOString(),
    correlation_id: correlationId,
    priority,
    requires_acknowledgment: requiresAcknowledgment || undefined,
    rt: { id, topic, key, deleted: deleted || undefined, encoding, offset: numbered ? offset : undefined },
  });
  const bytes = payload instanceof Uint8Array;
  return {
    id, offset, key, deleted,
    text: bytes ? frame(base64(payload), 'base64') : frame(payload === undefined ? undefined : JSON.parse(payload)),
    binary: bytes ? join(frame(undefined), payload) : undefined,
  };
}

/** Takes a client's message apart: the frames in it, with a payload of bytes where it is a binary one. */
export function decode(message: string | Uint8Array): Record<string, unknown>[] {
  if (typeof message === 'string') return [JSON.parse(message) as Record<string, unknown>].flat();
  const end = 5 + new DataView(message.buffer, message.byteOffset).getUint32(1);
  const frame = JSON.parse(new TextDecoder().decode(message.subarray(5, end))) as Record<string, unknown>;
  return [{ ...frame, payload: message.slice(end) }];
}

/** The payload of a client's frame, which in an exchange may be bytes as text. */
export function payloadOf({ payload, rt }: Record<string, unknown>): Draft['payload'] {
  if (payload === undefined || payload instanceof Uint8Array) return payload;
  if ((rt as { encoding?: unknown }).encoding !== 'base64') return JSON.stringify(payload);
  return Uint8Array.from(atob(payload as string), (unit) => unit.charCodeAt(0));
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** A binary message: version, length of the header, header, payload. */
function join(header: string, payload: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(header);
  const message = new Uint8Array(5 + head.length + payload.length);
  message[0] = 1;
  new DataView(message.buffer).setUint32(1, head.length);
  message.set(head, 5);
  message.set(payload, 5 + head.length);
  return message;
}
