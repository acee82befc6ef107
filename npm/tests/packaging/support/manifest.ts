import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Application } from './application.js';

/** What the installed `package.json` says that can be imported. */
export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

export async function manifestOf(application: Application): Promise<Manifest> {
  return JSON.parse(await readFile(join(application.package, 'package.json'), 'utf8')) as Manifest;
}

/** All files that the exports lead to. */
export function targets({ exports }: Manifest): string[] {
  return Object.values(exports).flatMap((target) => typeof target === 'string' ? target : Object.values(target));
}

/** What is written after `from` for each entry that is a script. */
export function entries({ name, exports }: Manifest): string[] {
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'object' && target.default?.endsWith('.js') ? name + path.slice(1) : []);
}
