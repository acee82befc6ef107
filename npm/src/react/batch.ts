/** A place that components read: changes within one microtask are one render. */
export abstract class Batch<Snapshot> {
  #snapshot: Snapshot;
  #listeners = new Set<() => void>();
  #scheduled = false;
  #stop: (() => void) | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(first: Snapshot) {
    this.#snapshot = first;
  }

  readonly snapshot = (): Snapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    clearTimeout(this.#idle);
    this.#listeners.add(listener);
    this.#stop ??= this.start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#idle = setTimeout(() => this.#release());
    };
  };

  /** Begins to listen to the client; gives what ends it. Called again after an end, when somebody reads again. */
  protected abstract start(): () => void;

  /** What is to be read from here on. */
  protected abstract make(before: Snapshot): Snapshot;

  protected changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#snapshot = this.make(this.#snapshot);
      this.#listeners.forEach((listener) => listener());
    });
  }

  /** Strict mode and hot reload leave and come back within a macrotask: that costs no subscription. */
  #release(): void {
    if (this.#listeners.size > 0) return;
    this.#stop?.();
    this.#stop = null;
  }
}
