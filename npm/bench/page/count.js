import { numberOf } from '../events.mjs';

/** Counts events, checks that each comes once and in its turn, and takes the time from one to another. */
export class Count {
  /** How many have come. */
  taken = 0;
  /** Settles with how long the events after the first `warm` took. */
  finished;
  #began = 0;
  #end;
  #fail;

  constructor(warm, events) {
    this.warm = warm;
    this.last = warm + events;
    this.finished = new Promise((resolve, reject) => [this.#end, this.#fail] = [resolve, reject]);
  }

  take(payload) {
    this.taken += 1;
    const number = numberOf(payload);
    if (number !== this.taken) this.fail(`event ${number} came where ${this.taken} was to come`);
    if (number === this.warm) this.#began = performance.now();
    if (number === this.last) this.#end(performance.now() - this.#began);
  }

  fail(reason) {
    this.#fail(new Error(reason));
  }
}
