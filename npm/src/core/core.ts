import { Machine } from '../../build/steadfast_wasm_bg.js';
import { Call, Out } from './names.js';

/** Something that the machine wants or answers; what the members mean is in `sdk-wasm/src/names.rs`. */
export interface Output {
  readonly what: Out;
  readonly a: number;
  readonly b: number;
  c: number;
  readonly value: unknown;
  readonly size: number;
}

/**
 * One client's machine, and its host: arguments and outputs pass through here as plain values.
 *
 * A call changes the machine and leaves what it wants in {@link outputs}; nobody is called while the machine is.
 */
export class Core {
  outputs: Output[] = [];
  /** When the machine wants to be called again, by {@link monotonic}'s count. */
  deadline = Infinity;
  monotonic = 0;
  wall = 0;
  #arguments: unknown[];
  #next = 0;
  /** Values that the machine knows by their number, for the time of one call. */
  #values: unknown[] = [];
  /** Where topics were said to stand in this call. */
  #stands: Output[] = [];
  readonly #machine: Machine;

  constructor(config: unknown[]) {
    this.#arguments = config;
    this.tell();
    this.#machine = new Machine(this, this.monotonic, this.wall);
  }

  /** Reads both clocks, once for all calls of one moment. */
  tell(): void {
    this.monotonic = Math.floor(performance.now());
    this.wall = Date.now();
  }

  /** A command or an input. Answers a message's number, or a mistake's below zero. */
  call(what: Call, ...values: unknown[]): number {
    this.#arguments = values;
    this.#next = 0;
    this.#values = [];
    this.#stands = [];
    const answer = this.#machine.call(what, this.monotonic, this.wall);
    this.deadline = this.#machine.drain();
    return answer;
  }

  /** An event on a link: the way that is hot. */
  event(link: number, slot: number, offset: number, flags: number, size: number, frame: object, id: unknown): void {
    this.#arguments[0] = id;
    this.#next = 0;
    this.#values[0] = frame;
    if (this.#stands.length) this.#stands = [];
    this.deadline = this.#machine.event(this.monotonic, this.wall, link, slot, offset, flags, size);
  }

  /** Where a topic stands, as an output of its own. */
  cursor(slot: number): Output {
    this.#machine.cursor(slot);
    return this.outputs.pop() as Output;
  }

  live(slot: number): boolean {
    return this.#machine.live(slot);
  }

  statistic(index: number): number {
    return this.#machine.statistic(index);
  }

  free(): void {
    this.#machine.free();
  }

  /** @internal for the machine: the next argument, a number. */
  n(): number {
    return this.#arguments[this.#next++] as number;
  }

  /** @internal for the machine: the next argument, a text or none. */
  t(): string | undefined {
    return this.#arguments[this.#next++] as string | undefined;
  }

  /** @internal for the machine: the next argument, bytes. */
  b(): Uint8Array {
    return this.#arguments[this.#next++] as Uint8Array;
  }

  /** @internal for the machine: the number of the next argument, a value that stays here. */
  v(): number {
    return this.#values.push(this.#arguments[this.#next++]) - 1;
  }

  /** @internal for the machine: an event. */
  e(slot: number, offset: number, flags: number, size: number, frame: number): void {
    for (const stand of this.#stands) {
      // It was read when the whole answer was taken in; the application is behind this event until it has it.
      if (stand.a === slot && stand.c >= offset && offset >= 0) stand.c = offset - 1;
    }
    this.outputs.push({ what: Out.Event, a: slot, b: offset, c: flags, value: this.#values[frame], size });
  }

  /** @internal for the machine: any other output. */
  o(what: Out, a: number, b: number, c: number, text: unknown): void {
    const output = { what, a, b, c, value: what === Out.Done ? this.#values[c] : text, size: 0 };
    this.outputs.push(output);
    if (what === Out.Cursor) this.#stands.push(output);
  }

  /** @internal for the machine: bytes to be sent. They lie in its memory, which moves. */
  s(link: number, bytes: Uint8Array): void {
    this.o(Out.SendBytes, link, 0, 0, bytes.slice());
  }
}
