import type { Delivery, DeliveryStream } from './types.js';

/** The writing end of a stream. */
export interface StreamSink {
  readonly stream: DeliveryStream;
  /** An event comes with `release`, which is called once when it is read, or nobody will read it. */
  push(delivery: Delivery, release?: () => void): void;
  /** No more will come; what is there can still be read. */
  end(): void;
}

interface Item {
  readonly delivery: Delivery;
  readonly release: (() => void) | undefined;
}

/** How many deliveries that are no events may wait before gaps merge at a loss of detail. */
const MOST_MARKERS = 64;

/**
 * A stream for `for await`. Events in it are bounded by the machine, which refuses what exceeds the topic's buffer until
 * they are read; what is no event by {@link overtake}.
 */
export function openStream(topic: string, ended: () => void): StreamSink {
  let items: Item[] = [];
  const waiting: ((result: IteratorResult<Delivery>) => void)[] = [];
  let over = false;

  const serve = () => {
    while (waiting.length && (items.length || over)) {
      const item = items.shift();
      waiting.shift()?.({ done: !item, value: item?.delivery } as IteratorResult<Delivery>);
      item?.release?.();
    }
  };

  const end = () => {
    over = true;
    serve();
  };

  const stream: DeliveryStream = {
    topic,
    [Symbol.asyncIterator]: () => stream,
    next: () => new Promise((resolve) => {
      waiting.push(resolve);
      serve();
    }),
    return() {
      const unread = items;
      items = [];
      end();
      ended();
      for (const { release } of unread) release?.();
      return stream.next();
    },
  };

  return {
    stream, end,
    push(delivery, release) {
      items.push({ delivery: release ? delivery : overtake(items, delivery), release });
      serve();
    },
  };
}

/** Takes out what a delivery that is no event overtakes of those behind the last event, and answers what both say together. */
function overtake(items: Item[], next: Delivery): Delivery {
  const crowded = items.filter(({ release }) => !release).length > MOST_MARKERS;
  for (let at = items.length - 1; at >= 0; at -= 1) {
    const { delivery, release } = items[at] as Item;
    if (release) break;
    const both = together(delivery, next, crowded);
    if (both) {
      items.splice(at, 1);
      return both;
    }
  }
  return next;
}

/** What two say, where one can say it: gaps that touch, or any when it must be; what is lost can then no longer be named. */
function together(one: Delivery, other: Delivery, crowded: boolean): Delivery | undefined {
  if (one.kind !== 'gap' || other.kind !== 'gap') return one.kind === other.kind ? other : undefined;
  const { topic, reason, lost: [from, to] = [NaN, NaN] } = other.gap;
  const [first, last] = one.gap.lost ?? [NaN, NaN];
  if (one.gap.reason === reason && last + 1 === from) return { kind: 'gap', gap: { topic, reason, lost: [first, to] } };
  return crowded ? { kind: 'gap', gap: { topic, reason } } : undefined;
}
