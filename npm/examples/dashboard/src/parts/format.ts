const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const WHOLE = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** A time of day; a dash where there is none. */
export function clock(at: number | string | null): string {
  const date = at === null ? Number.NaN : new Date(at).getTime();
  return Number.isNaN(date) ? '–' : TIME.format(date);
}

/** A whole number. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** A number with so many decimals; a dash where there is none. */
export function decimal(value: number | null, places: number): string {
  return value === null ? '–' : value.toFixed(places);
}

/** A duration, to the tenth of a second. */
export function seconds(duration: number): string {
  return `${Math.max(0, duration / 1_000).toFixed(1)} s`;
}

/** A short duration. */
export function milliseconds(duration: number): string {
  return duration < 1_000 ? `${Math.round(duration)} ms` : seconds(duration);
}

/** How long ago, as a clock that counts: `02:13`, or `1:02:13`. */
export function age(from: number | string | null, now: number): string {
  const start = from === null ? Number.NaN : new Date(from).getTime();
  if (Number.isNaN(start)) return '–';
  const total = Math.max(0, Math.floor((now - start) / 1_000));
  const pad = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60, total % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${pad(minutes)}:${pad(rest)}`;
}
