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
      if (!release && items.filter(isMarker).length > MOST_MARKERS) items = thin(items);
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
  if (last.kind === 'gap' && next.kind === 'gap') {
    const touch = last.gap.lost && next.gap.lost && last.gap.lost[1] + 1 === next.gap.lost[0];
    return touch && last.gap.reason === next.gap.reason ? gapOf(last.gap, next.gap, true) : undefined;
  }
  return last.kind === next.kind && last.kind !== 'event' && last.kind !== 'deleted' ? next : undefined;
}

function gapOf(one: Gap, other: Gap, touch: boolean): Delivery {
  const lost = touch && one.lost && other.lost ? { lost: [one.lost[0], other.lost[1]] as const } : {};
  return { kind: 'gap', gap: { topic: one.topic, reason: other.reason, ...lost } };
}

/** Makes room: drops the last marker that later ones overtake, else makes the last two gaps one. */
function thin(items: Item[]): Item[] {
  const overtaken = items.findLastIndex(({ delivery: { kind } }, index) =>
    (kind === 'live' || kind === 'failed') && index < items.length - 1);
  if (overtaken >= 0) return items.toSpliced(overtaken, 1);
  const gaps = items.filter(({ delivery }) => delivery.kind === 'gap');
  const [one, other] = gaps.slice(-2);
  if (one?.delivery.kind !== 'gap' || other?.delivery.kind !== 'gap') return items;
  other.delivery = gapOf(one.delivery.gap, other.delivery.gap, false);
  return items.filter((item) => item !== one);
}
