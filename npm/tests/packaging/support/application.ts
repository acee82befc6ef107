import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp } from 'node:fs/promises';
import { join, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject, onTestFinished } from 'vitest';

import { Pages } from '../../support/pages.js';

const execute = promisify(execFile);
const HERE = fileURLToPath(new URL('..', import.meta.url));
/** As a user's shell has it, without the test runner's mode. */
const SHELL: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: undefined, VITEST: undefined, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
const URL_OF_SERVER = /http:\/\/(?:localhost|127\.0\.0\.1):\d+/;

/** A program that runs. */
export interface Started {
  /** What of its words said that it is ready. */
  readonly found: string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  /** All its words up to now. */
  said(): string;
}

/** A small application with the package installed from its tarball. */
export class Application {
  /** Where the package's files are. */
  readonly package: string;
  private constructor(readonly folder: string) {
    this.package = join(folder, 'node_modules/steadfast');
  }

  /** Copies `apps/<name>` into a fresh folder and installs the package there, as a user does. */
  static async install(name: string): Promise<Application> {
    const folder = await mkdtemp(join(inject('installed'), `${name}-`));
    await cp(join(HERE, 'apps', name), folder, { recursive: true });
    const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    await execute('npm', ['install', ...options, inject('tarball')], { cwd: folder });
    return new Application(folder);
  }

  /** Runs a script with Node to its end, and gives what it printed. `program` is the application's own, or a tool's. */
  async run(program: string, ...options: string[]): Promise<string> {
    const { stdout, stderr } = await execute(process.execPath, [this.#find(program), ...options], { cwd: this.folder, env: SHELL })
      .catch(({ message, stdout, stderr }) => {
        throw new Error(`${message}\n${stdout}\n${stderr}`);
      });
    return stdout + stderr;
  }

  /** Starts one for the time of the test, and waits until it says `ready`. */
  start(program: string, options: readonly string[], ready = URL_OF_SERVER, environment: Record<string, string> = {}): Promise<Started> {
    const child = spawn(process.execPath, [this.#find(program), ...options], {
      cwd: this.folder, env: { ...SHELL, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    onTestFinished(async () => {
      // With whatever it started itself.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
      await ended;
    });
    return new Promise((resolve, reject) => {
      let said = '';
      const read = (text: Buffer) => {
        said += text;
        const found = ready.exec(said)?.[0];
        if (found !== undefined) resolve({ found, ended, said: () => said });
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      void ended.then((code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
    });
  }

  /** Serves its files for the time of the test, and gives the origin. */
  async serve(folder = '.'): Promise<string> {
    const pages = await Pages.start(join(this.folder, folder));
    onTestFinished(() => pages.close());
    return pages.origin;
  }

  #find(program: string): string {
    return program.startsWith('./') ? join(this.folder, program) : resolvePath(HERE, 'node_modules', program);
  }
}
