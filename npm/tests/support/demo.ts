import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { gone, said } from './spawned.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = fileURLToPath(new URL('../../examples/dashboard/dist', import.meta.url));

/** `cargo xtask demo` with the built dashboards, on a port of its own. */
export class Demo {
  private constructor(readonly url: string, private readonly process: ChildProcess) {}

  static async start(): Promise<Demo> {
    if (!existsSync(PAGE)) throw new Error('the dashboards are not built: run `npm ci && npm run build` in npm/examples/dashboard');
    // `cargo xtask test` says where it is itself; by itself this builds it.
    const [program = 'cargo', ...first] = process.env.STEADFAST_XTASK ? [process.env.STEADFAST_XTASK] : ['cargo', 'run', '--quiet', '--locked', '--package', 'xtask', '--'];
    const child = spawn(program, [...first, 'demo', '--listen', '127.0.0.1:0', '--page', PAGE], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    return new Demo(await said(child, /Open (http:\/\/[\d.:]+)/), child);
  }

  /** As by Ctrl-C: all that it started ends with it. */
  async end(): Promise<void> {
    this.process.kill('SIGINT');
    await gone(this.process);
  }
}
