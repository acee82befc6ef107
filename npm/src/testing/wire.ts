/**
 * The way between clients and server. Each step is a microtask: in order, soon, and out of reach of fake timers.
 */
export function later(act: () => void): void {
  // Not `queueMicrotask`, which some fake timers replace.
  void Promise.resolve().then(act);
}

/** The platform's, whatever a test puts in its place later. */
const { setTimeout } = globalThis;

/**
 * Resolves when nothing is on its way, nor follows from what was by promises alone: a macrotask comes after all microtasks.
 * A channel cannot be faked; some test environments have none.
 */
export function quiet(): Promise<void> {
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
