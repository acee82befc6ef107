/** The map with the value put in. Beyond `most` the oldest goes that may be forgotten first, or else the oldest of all. */
export function putBounded<Value>(
  map: ReadonlyMap<string, Value>, key: string, value: Value, most: number, goesFirst: (value: Value) => boolean,
): ReadonlyMap<string, Value> {
  const next = new Map(map).set(key, value);
  if (next.size > most) {
    const entries = [...next];
    const victim = entries.find(([, one]) => goesFirst(one)) ?? entries[0];
    if (victim) next.delete(victim[0]);
  }
  return next;
}
