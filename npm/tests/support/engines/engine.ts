import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

/** A kind of browser that the shared steps run in. */
export interface Engine {
  readonly name: string;
  /** The programs that it needs are there. */
  readonly installed: boolean;
  start(): Promise<Tab>;
}

/** A browser of its own with one page, and the little that the shared steps need of it: the pages run the client themselves. */
export interface Tab {
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON carries it. */
  evaluate(expression: string): Promise<unknown>;
  /** Ends the browser. */
  close(): Promise<void>;
}

/**
 * The file of the first of these programs that is there. The variable names one that is elsewhere; `cargo xtask test` sets it.
 * With STEADFAST_BROWSERS=none there is none.
 */
export function program(variable: string, ...names: string[]): string | undefined {
  if (process.env.STEADFAST_BROWSERS === 'none') return undefined;
  const given = process.env[variable];
  if (given !== undefined && !isProgram(given)) throw new Error(`${variable} names ${given}, which is no program: correct or unset it`);
  const folders = (process.env.PATH ?? '').split(delimiter);
  return given ?? names.flatMap((name) => folders.map((folder) => resolve(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder that a browser keeps its things in for one run. */
export function profile(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'steadfast-browser-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }) };
}
