import { numberOf } from '../events.mjs';

/** Counts events, checks that each comes once and in its turn, and takes the time. */
export class Count {
  /** How many have come. */
  taken = 0;
  /** Resolves when the events that only warm up are there. */
  warmed;
  /** Resolves with the milliseconds from the first of the others to the last. */
  finished;
  #began = 0;
  #warm;
  #end;
  #fail;

  constructor(warm, events) {
    this.warm = warm;
    this.last = warm + events;
    const failed = new Promise((_, reject) => this.#fail = reject);
    this.warmed = Promise.race([new Promise((resolve) => this.#warm = resolve), failed]);
    this.finished = Promise.race([new Promise((resolve) => this.#end = resolve), failed]);
  }

  take(payload) {
    this.taken += 1;
    const number = numberOf(payload);
    if (number !== this.taken) this.fail(`event ${number} came where ${this.taken} was to come`);
    if (number === this.warm) this.#warm();
    if (number === this.warm + 1) this.#began = performance.now();
    if (number === this.last) this.#end(performance.now() - this.#began);
  }

  fail(reason) {
    this.#fail(new Error(reason));
  }
}
