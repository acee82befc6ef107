import { SteadfastError } from './error.js';

/** Refuses what the application gave where it does not fit: one sentence with its name and what it must be. */
export function must(fits: boolean, name: string, be: string): void {
  if (!fits) throw new SteadfastError('bad_options', `\`${name}\` must be ${be}`);
}

/** Refuses what is not `type`: what `typeof` says, or several of that. */
export function mustBeOf(type: string, name: string, value: unknown): void {
  must(type.includes(typeof value) && value !== null, name, `a ${type}, and is ${typeof value}`);
}

/** Refuses what is no whole number between the two. */
export function mustBeWhole(name: string, value: unknown, least = 0, most = 2 ** 53 - 1): void {
  const number = value as number;
  must(Number.isInteger(number) && number >= least && number <= most, name, `a whole number from ${least} to ${most}`);
}

/** An option that is misspelt would do nothing in silence. */
export function mustBeKnown(given: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !known.includes(name)) {
      throw new SteadfastError('bad_options', `there is no option \`${name}\`; there are ${known.join(', ')}`);
    }
  }
}

/** What an option is if it is not given, `null` where it must be, and how it is checked. */
export type Rule = readonly [fallback: unknown, check: (name: string, value: unknown) => void];

/** The rule for what is of a type. */
export const of = (type: string, fallback?: unknown): Rule => [fallback, (name, value) => mustBeOf(type, name, value)];

/** The rule for whole numbers. */
export const whole = (fallback: number, least?: number, most?: number): Rule =>
  [fallback, (name, value) => mustBeWhole(name, value, least, most)];

/** Options as the rules have them, in their order: checked, and filled in where they were not given. */
export function settled<Options extends object>(given: Options, rules: Readonly<Record<keyof Options, Rule>>): Options {
  mustBeKnown(given, Object.keys(rules));
  const settings: Record<string, unknown> = {};
  for (const [name, [fallback, check]] of Object.entries<Rule>(rules)) {
    const value: unknown = given[name as keyof Options];
    if (value !== undefined || fallback === null) check(name, value);
    settings[name] = value ?? fallback;
  }
  return settings as Options;
}
