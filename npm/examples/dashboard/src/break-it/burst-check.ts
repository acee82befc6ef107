import type { SteadfastEvent } from 'steadfast';

import { number, record, text } from '../feed/payload';

/** How a run of numbered events arrived. */
export interface BurstCheck {
  readonly run: string;
  /** How many were published. */
  readonly count: number;
  /** How many different ones came. */
  readonly received: number;
  /** How many came more than once. */
  readonly repeated: number;
  /** Whether each came after the one before it. */
  readonly inOrder: boolean;
}

/** The newest run among these events of the topic `burst`, in the order of their arrival; `null` where there is none. */
export function checkBurst(events: readonly SteadfastEvent[]): BurstCheck | null {
  const numbered = events.map(read).filter((one) => one !== null);
  const newest = numbered.at(-1);
  if (!newest) return null;
  const seen = new Set<number>();
  let repeated = 0;
  let inOrder = true;
  let last = 0;
  for (const { run, number } of numbered) {
    if (run !== newest.run) continue;
    if (seen.has(number)) {
      repeated += 1;
      continue;
    }
    if (number < last) inOrder = false;
    seen.add(number);
    last = Math.max(last, number);
  }
  return { run: newest.run, count: newest.count, received: seen.size, repeated, inOrder };
}

/** Whether all came, each once and in order. */
export function isWhole({ count, received, repeated, inOrder }: BurstCheck): boolean {
  return received === count && repeated === 0 && inOrder;
}

function read(event: SteadfastEvent): { run: string; number: number; count: number } | null {
  const payload = record(event.payload);
  const run = text(payload?.run) ?? number(payload?.run)?.toString() ?? null;
  const place = number(payload?.number);
  const count = number(payload?.count);
  return event.type !== 'burst' || run === null || place === null || count === null ? null : { run, number: place, count };
}
