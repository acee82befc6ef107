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

const ENCODER = /* @__PURE__ */ new TextEncoder();
const DECODER = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * One client's machine, an instance of the module of its own, and its host: arguments and outputs pass through here as plain
 * values.
 *
 * A call changes the machine and leaves what it wants in {@link outputs}; nobody is called while the machine is.
 */
export interface Core {
  outputs: Output[];
  /** When the machine wants to be called again, as `performance.now()` counts. */
  deadline: number;
  /** Reads both clocks: once for all calls of one moment. */
  tell(): void;
  /** A command or an input. Answers a message's number, or a mistake's below zero. */
  call(what: Call, ...values: unknown[]): number;
  /** An event on a link: the way that is hot. */
  event(link: number, slot: number, offset: number, flags: number, size: number, frame: object, id: unknown): void;
  /** A question, which wants nothing; {@link Call.Cursor} is answered by an output. */
  ask(what: Call, subject: number): number;
  /** @internal for the machine: the next argument, a number. */
  n(): number;
  /** @internal for the machine: the next argument, a text, bytes or none, by its place and length, which are put `into` its memory. */
  t(into: number): void;
  /** @internal for the machine: the place of the next argument, a value that stays here. */
  v(): number;
  /** @internal for the machine: an event. */
  e(slot: number, offset: number, flags: number, size: number, frame: number): void;
  /** @internal for the machine: any other output, with a text or bytes in its memory. */
  o(what: Out, a: number, b: number, c: number, at: number, length: number): void;
  /** Adds an output. */
  put(what: Out, a: number, b: number, c: number, value: unknown, size?: number): void;
}

/** Instantiates the module, which knows its host's functions by their letters. */
export async function openCore(module: WebAssembly.Module, config: unknown[]): Promise<Core> {
  let [monotonic, wall] = [0, 0];
  let given = config;
  let next = 0;
  /** Where topics were said to stand in this call. */
  let stands: Output[] = [];

  /** The machine's memory as it is now: it moves when it grows. */
  const memory = (at: number, length?: number) => new Uint8Array(machine.memory.buffer, at >>> 0, length);

  const core: Core = {
    outputs: [],
    deadline: Infinity,
    tell() {
      monotonic = Math.floor(performance.now());
      wall = Date.now();
    },
    call(what, ...values) {
      stands = [];
      given = values;
      next = 0;
      const answer = machine.call(what, monotonic, wall);
      core.deadline = machine.drain();
      return answer;
    },
    event(link, slot, offset, flags, size, frame, id) {
      given[0] = frame;
      given[1] = id;
      next = 1;
      if (stands.length) stands = [];
      core.deadline = machine.event(monotonic, wall, link, slot, offset, flags, size);
    },
    ask(what, subject) {
      given = [subject];
      next = 0;
      return machine.call(what, monotonic, wall);
    },
    n: () => given[next++] as number,
    t(into) {
      const value = given[next++] as string | Uint8Array | null | undefined;
      const place = [0, 0];
      // JavaScript gives null where it means none, such as an option that has no value.
      if (value != null) {
        const bytes = typeof value === 'string' ? ENCODER.encode(value) : value;
        place[0] = machine.__wbindgen_malloc(place[1] = bytes.length, 1);
        memory(place[0]).set(bytes);
      }
      new Uint32Array(machine.memory.buffer).set(place, into >>> 2);
    },
    v: () => next++,
    e(slot, offset, flags, size, frame) {
      for (const stand of stands) {
        // It was read when the whole answer was taken in; the application is behind this event until it has it.
        if (stand.a === slot && stand.c >= offset && offset >= 0) stand.c = offset - 1;
      }
      core.put(Out.Event, slot, offset, flags, given[frame], size);
    },
    o(what, a, b, c, at, length) {
      const content = memory(at, length);
      core.put(what, a, b, c, what === Out.Done ? given[c] : what === Out.SendBytes ? content.slice() : DECODER.decode(content));
    },
    put(what, a, b, c, value, size = 0) {
      const output = { what, a, b, c, value, size };
      core.outputs.push(output);
      if (what === Out.Cursor) stands.push(output);
    },
  };

  const functions = WebAssembly.Module.imports(module).map(({ name }) => [name, core[name.split('_')[3] as 'n']]);
  const { exports } = await WebAssembly.instantiate(module, { './steadfast_wasm_bg.js': Object.fromEntries(functions) });
  const machine = exports as unknown as Machine;
  core.tell();
  machine.create(monotonic, wall);
  return core;
}
