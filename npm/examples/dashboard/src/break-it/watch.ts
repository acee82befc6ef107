import type { Client, Status } from 'steadfast';

/** Somebody waits for a status. */
export interface Watch {
  /** When it came, in milliseconds since 1970; rejects when it does not come in time, can come no more, or the watch is given up. */
  readonly done: Promise<number>;
  giveUp(): void;
}

/** Waits until the client's status fits. */
export function watch(client: Client, fits: (status: Status) => boolean, limit: number): Watch {
  let giveUp = () => {};
  const done = new Promise<number>((resolve, reject) => {
    const end = () => {
      stop();
      clearTimeout(timer);
    };
    const look = (status: Status) => {
      const over = overText(status);
      if (!fits(status) && over === null) return;
      end();
      if (fits(status)) resolve(Date.now());
      else reject(new Error(over ?? ''));
    };
    const stop = client.onStatus(look);
    const timer = setTimeout(() => {
      end();
      reject(new Error(`this did not happen within ${limit / 1_000} s`));
    }, limit);
    giveUp = () => {
      end();
      reject(new Error('given up'));
    };
    look(client.status);
  });
  // Whoever gives up does not ask how it ended.
  done.catch(() => undefined);
  return { done, giveUp };
}

/** Why nothing will happen any more by itself, and what to do; `null` while something may. */
export function overText({ state }: Status): string | null {
  switch (state) {
    case 'closed': return 'the client has stopped; let it connect again first';
    case 'crashed': return 'the client has failed; load the page again';
    default: return null;
  }
}

/** Whether events come. */
export function isLive({ state }: Status): boolean {
  return state === 'connected';
}
