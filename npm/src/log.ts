import type { Logger } from './types.js';

/** The levels of the log, each with more than the one before. */
export const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** A level of the log. */
export type Level = (typeof LEVELS)[number];

/** The log of one client. No token and no payload passes through here. */
export type Log = (level: Exclude<Level, 'silent'>, ...values: unknown[]) => void;

/** A log that writes what the level lets through that its holder has. A logger that throws is no harm. */
export function openLog(holder: () => { readonly logLevel: Level }, logger: Logger = console): Log {
  return (level, ...values) => {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(holder().logLevel)) return;
    try {
      logger[level]('steadfast:', ...values);
    } catch {
      // Nobody can be told.
    }
  };
}
