/** A place that components read: changes within one microtask are one render. */
export abstract class Batch<Snapshot> {
  #snapshot: Snapshot;
  #listeners = new Set<() => void>();
  #scheduled = false;

  constructor(first: Snapshot) {
    this.#snapshot = first;
  }

  readonly snapshot = (): Snapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.joined();
    return () => {
      this.#listeners.delete(listener);
      if (this.isIdle()) this.left();
    };
  };

  /** What is to be read from here on. */
  protected abstract make(before: Snapshot): Snapshot;

  /** Somebody has begun to read. */
  protected joined(): void {}

  /** The last one who read has gone. */
  protected left(): void {}

  /** Whether nobody reads. */
  protected isIdle(): boolean {
    return this.#listeners.size === 0;
  }

  protected changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#snapshot = this.make(this.#snapshot);
      this.#listeners.forEach((listener) => listener());
    });
  }
}
