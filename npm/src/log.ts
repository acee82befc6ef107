import type { ClientOptions, Logger } from './types.js';

/** The levels of the log, each with more than the one before. */
export const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** A level of the log. */
export type Level = (typeof LEVELS)[number];

/** The log of one client. No token and no payload passes through here. */
export interface Log {
  level: Level;
  (level: Exclude<Level, 'silent'>, ...values: unknown[]): void;
}

/** A log that writes what its level lets through. A logger that throws is no harm. */
export function openLog({ logLevel = 'warn', logger = console }: Pick<ClientOptions, 'logLevel' | 'logger'>): Log {
  const log: Log = Object.assign((level: keyof Logger, ...values: unknown[]) => {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(log.level)) return;
    try {
      logger[level]('steadfast:', ...values);
    } catch {
      // Nobody can be told.
    }
  }, { level: logLevel });
  return log;
}
