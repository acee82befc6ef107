import { useSyncExternalStore } from 'react';

/**
 * State that events change through a pure reducer. Readers are told once a frame, however many events came: a burst
 * costs a render or two. In a hidden tab, which has no frames, they are told when it is seen again.
 */
export class Book<State, Action> {
  #state: State;
  #listeners = new Set<() => void>();
  #frame: number | null = null;
  #shown: State;

  constructor(private readonly reduce: (state: State, action: Action) => State, first: State) {
    this.#state = first;
    this.#shown = first;
  }

  readonly dispatch = (action: Action): void => {
    this.#state = this.reduce(this.#state, action);
    if (this.#state === this.#shown || this.#frame !== null) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = null;
      this.#shown = this.#state;
      this.#listeners.forEach((listener) => listener());
    });
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly snapshot = (): State => this.#shown;
}

/** What the book says, as of the last frame. */
export function useBook<State, Action>(book: Book<State, Action>): State {
  return useSyncExternalStore(book.subscribe, book.snapshot);
}
