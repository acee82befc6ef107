import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed package. */
    tarball: string;
    /** Where applications are installed; the bundlers are found from there. */
    installed: string;
  }
}

/** Packs the package as it would be published, and makes a fresh folder for the applications that install it. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const installed = await mkdtemp(fileURLToPath(new URL('../installed-', import.meta.url)));
  const options = { cwd: fileURLToPath(new URL('../../..', import.meta.url)), encoding: 'utf8' } as const;
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', installed], options);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  provide('tarball', join(installed, filename));
  provide('installed', installed);
  return () => rm(installed, { recursive: true });
}
