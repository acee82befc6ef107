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

/** What an instance of the module can do: `sdk-wasm/src/machine.rs`, and room for what is put into its memory. */
interface Machine {
  readonly memory: WebAssembly.Memory;
  create(monotonic: number, wall: number): void;
  call(what: number, monotonic: number, wall: number): number;
  drain(): number;
  event(monotonic: number, wall: number, link: number, slot: number, offset: number, flags: number, size: number): number;
  __wbindgen_malloc(size: number, alignment: number): number;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * One client's machine, an instance of the module of its own, and its host: arguments and outputs pass through here as plain
 * values.
 *
 * A call changes the machine and leaves what it wants in {@link outputs}; nobody is called while the machine is.
 */
export class Core {
  outputs: Output[] = [];
  /** When the machine wants to be called again, by {@link monotonic}'s count. */
  deadline = Infinity;
  monotonic = 0;
  wall = 0;
  #arguments: unknown[] = [];
  #next = 0;
  /** Where topics were said to stand in this call. */
  #stands: Output[] = [];
  #machine!: Machine;

  /** Instantiates the module, which knows its host's functions by their letters. */
  static async open(module: WebAssembly.Module, config: unknown[]): Promise<Core> {
    const core = new Core();
    const functions = WebAssembly.Module.imports(module).map(({ name }) => {
      const letter = name.split('_')[3] as 'n' | 't' | 'v' | 'e' | 'o';
      return [name, (core[letter] as () => unknown).bind(core)];
    });
    const { exports } = await WebAssembly.instantiate(module, { './steadfast_wasm_bg.js': Object.fromEntries(functions) });
    core.#machine = exports as unknown as Machine;
    core.#arguments = config;
    core.tell();
    core.#machine.create(core.monotonic, core.wall);
    return core;
  }

  /** Reads both clocks: once for all events of one message. */
  tell(): void {
    this.monotonic = Math.floor(performance.now());
    this.wall = Date.now();
  }

  /** A command or an input. Answers a message's number, or a mistake's below zero. */
  call(what: Call, ...values: unknown[]): number {
    this.tell();
    this.#arguments = values;
    this.#next = 0;
    this.#stands = [];
    const answer = this.#machine.call(what, this.monotonic, this.wall);
    this.deadline = this.#machine.drain();
    return answer;
  }

  /** An event on a link: the way that is hot. */
  event(link: number, slot: number, offset: number, flags: number, size: number, frame: object, id: unknown): void {
    this.#arguments[0] = frame;
    this.#arguments[1] = id;
    this.#next = 1;
    if (this.#stands.length) this.#stands = [];
    this.deadline = this.#machine.event(this.monotonic, this.wall, link, slot, offset, flags, size);
  }

  /** A question, which wants nothing; {@link Call.Cursor} is answered by an output. */
  ask(what: Call, subject: number): number {
    this.#arguments = [subject];
    this.#next = 0;
    return this.#machine.call(what, this.monotonic, this.wall);
  }

  /** @internal for the machine: the next argument, a number. */
  n(): number {
    return this.#arguments[this.#next++] as number;
  }

  /** @internal for the machine: the next argument, a text, bytes or none, by its place and length, which are put `into` its memory. */
  t(into: number): void {
    const value = this.#arguments[this.#next++] as string | Uint8Array | undefined;
    const place = [0, 0];
    // JavaScript gives null where it means none, such as an option that has no value.
    if (value != null) {
      const bytes = typeof value === 'string' ? ENCODER.encode(value) : value;
      place[0] = this.#machine.__wbindgen_malloc(place[1] = bytes.length, 1);
      this.#memory(place[0]).set(bytes);
    }
    new Uint32Array(this.#machine.memory.buffer).set(place, into >>> 2);
  }

  /** @internal for the machine: the place of the next argument, a value that stays here. */
  v(): number {
    return this.#next++;
  }

  /** @internal for the machine: an event. */
  e(slot: number, offset: number, flags: number, size: number, frame: number): void {
    for (const stand of this.#stands) {
      // It was read when the whole answer was taken in; the application is behind this event until it has it.
      if (stand.a === slot && stand.c >= offset && offset >= 0) stand.c = offset - 1;
    }
    this.put(Out.Event, slot, offset, flags, this.#arguments[frame], size);
  }

  /** @internal for the machine: any other output, with a text or bytes in its memory. */
  o(what: Out, a: number, b: number, c: number, at: number, length: number): void {
    const content = this.#memory(at, length);
    this.put(what, a, b, c, what === Out.Done ? this.#arguments[c] : what === Out.SendBytes ? content.slice() : DECODER.decode(content));
  }

  /** Adds an output. */
  put(what: Out, a: number, b: number, c: number, value: unknown, size = 0): void {
    const output = { what, a, b, c, value, size };
    this.outputs.push(output);
    if (what === Out.Cursor) this.#stands.push(output);
  }

  /** The machine's memory as it is now: it moves when it grows. */
  #memory(at: number, length?: number): Uint8Array {
    return new Uint8Array(this.#machine.memory.buffer, at >>> 0, length);
  }
}
