/**
 * The way between clients and server. Each step is a microtask: in order, soon, and out of reach of fake timers.
 */
export class Wire {
  #steps = 0;

  /** Does it after what is on its way already. */
  later(act: () => void): void {
    this.#steps += 1;
    // Not `queueMicrotask`, which some fake timers replace.
    void Promise.resolve().then(act);
  }

  /** Resolves when nothing is on its way, nor follows from what was by promises alone. */
  async quiet(): Promise<void> {
    let before: number;
    do {
      before = this.#steps;
      await turn();
    } while (this.#steps !== before);
  }
}

/** The platform's, whatever a test puts in its place later. */
const { setTimeout } = globalThis;

/** Resolves once all microtasks are done. A channel cannot be faked; some test environments have none. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof MessageChannel === 'undefined') return void setTimeout(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
