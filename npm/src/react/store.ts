import { Batch } from '../batch.js';

/** A place that listens to the client for as long as somebody reads it. */
export abstract class Store<Snapshot> extends Batch<Snapshot> {
  #stop: (() => void) | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Begins to listen to the client; gives what ends it. Called again after an end, when somebody reads again. */
  protected abstract start(): () => void;

  protected override joined(): void {
    clearTimeout(this.#idle);
    this.#stop ??= this.start();
  }

  /** Strict mode and hot reload leave and come back within a macrotask: that costs no subscription. */
  protected override left(): void {
    this.#idle = setTimeout(() => {
      if (!this.isIdle()) return;
      this.#stop?.();
      this.#stop = null;
    });
  }
}
