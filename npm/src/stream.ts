import type { Delivery, DeliveryStream, Gap } from './types.js';

/** The writing end of a stream. */
export interface StreamSink {
  readonly stream: DeliveryStream;
  push(delivery: Delivery, release?: () => void): void;
  /** No more will come; what is there can still be read. */
  end(): void;
}

interface Item {
  delivery: Delivery;
  readonly release: (() => void) | undefined;
}

/** How many deliveries that are no events may wait before they merge at a loss of detail. */
const MOST_MARKERS = 64;

/**
 * A stream for `for await`. Events in it are bounded by the machine, which refuses what exceeds the topic's buffer until
 * they are read; what is no event by `MOST_MARKERS`.
 */
export function openStream(topic: string, ended: () => void): StreamSink {
  let items: Item[] = [];
  let waiting: ((result: IteratorResult<Delivery>) => void)[] = [];
  let over = false;

  const push = (delivery: Delivery, release?: () => void) => {
    const waiter = waiting.shift();
    if (waiter) {
      waiter({ done: false, value: delivery });
      release?.();
      return;
    }
    const last = items.at(-1);
    const merged = last && merge(last.delivery, delivery);
    if (last && merged) last.delivery = merged;
    else {
      items.push({ delivery, release });
      if (!release && items.filter(isMarker).length > MOST_MARKERS) thin(items);
    }
  };

  const end = () => {
    over = true;
    for (const waiter of waiting) waiter({ done: true, value: undefined });
    waiting = [];
  };

  const stream: DeliveryStream = {
    topic,
    [Symbol.asyncIterator]: () => stream,
    next() {
      const item = items.shift();
      if (item) {
        item.release?.();
        return Promise.resolve({ done: false, value: item.delivery });
      }
      if (over) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      const unread = items;
      items = [];
      end();
      ended();
      for (const { release } of unread) release?.();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { stream, push, end };
}

function isMarker({ delivery: { kind } }: Item): boolean {
  return kind !== 'event' && kind !== 'deleted';
}

/** What two neighbours say together, where that is no more than one of them. */
function merge(last: Delivery, next: Delivery): Delivery | undefined {
  if (last.kind !== next.kind || last.kind === 'event' || last.kind === 'deleted') return undefined;
  if (last.kind !== 'gap' || next.kind !== 'gap') return next;
  const gap = gapOf(last.gap, next.gap);
  return gap.gap.lost && last.gap.reason === next.gap.reason ? gap : undefined;
}

/** One gap of two; where they do not touch, what is lost can no longer be named. */
function gapOf(one: Gap, other: Gap): Extract<Delivery, { kind: 'gap' }> {
  const { topic, reason } = other;
  const touch = one.lost && other.lost && one.lost[1] + 1 === other.lost[0];
  return { kind: 'gap', gap: touch ? { topic, reason, lost: [one.lost[0], other.lost[1]] } : { topic, reason } };
}

/** Makes room: drops the last marker that a later one overtakes, and makes one of its neighbours where they are alike. */
function thin(items: Item[]): void {
  for (let at = items.length - 2; at >= 0; at -= 1) {
    const kind = items[at]?.delivery.kind;
    if (kind !== 'live' && kind !== 'failed') continue;
    items.splice(at, 1);
    const [one, other] = [items[at - 1]?.delivery, items[at]];
    if (!one || !other) return;
    const merged = one.kind === 'gap' && other.delivery.kind === 'gap' ? gapOf(one.gap, other.delivery.gap) : merge(one, other.delivery);
    if (merged) {
      other.delivery = merged;
      items.splice(at - 1, 1);
    }
    return;
  }
}
