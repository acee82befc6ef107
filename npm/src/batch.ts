/** So many renders come at once; what changes further is shown when the pause is over. */
const AT_ONCE = 4;
const PAUSE = 100;

/**
 * A place that components read: changes within one microtask are one render, and a flood of messages, each in a task of its own,
 * is shown in steps.
 */
export abstract class Batch<Snapshot> {
  #snapshot: Snapshot;
  #listeners = new Set<() => void>();
  #waiting = false;
  #atOnce = AT_ONCE;

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
    if (this.#waiting) return;
    this.#waiting = true;
    if (this.#atOnce === 0) return;
    // Never begun by the timer itself: browsers stretch chains of timers to a minute in a page that is not seen.
    if (this.#atOnce === AT_ONCE) setTimeout(this.#resume, PAUSE);
    this.#atOnce -= 1;
    queueMicrotask(this.#show);
  }

  readonly #resume = (): void => {
    this.#atOnce = AT_ONCE;
    if (this.#waiting) this.#show();
  };

  readonly #show = (): void => {
    this.#waiting = false;
    this.#snapshot = this.make(this.#snapshot);
    this.#listeners.forEach((listener) => listener());
  };
}
