import type { ChildProcess } from 'node:child_process';

/** What the pattern's first group finds in the words of a program that has been started with pipes. */
export function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let words = '';
    const read = (text: Buffer) => {
      words += text;
      const found = pattern.exec(words)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${child.spawnfile} ended: ${words}`)));
  });
}

/** Ends a program without a goodbye, and waits until it has gone. */
export async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await gone(child);
}

/** Resolves when the program has ended. */
export async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}
