import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

import type { Pages } from './pages.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** How a script is bundled. */
export interface BundleOptions {
  /** Default: 19. */
  readonly react?: 18 | 19;
  /** Default: production. */
  readonly mode?: 'production' | 'development';
}

/** Bundles a script in TSX, written as if it lay in `src`. It takes the client from the built package. */
export async function bundle(contents: string, { react = 19, mode = 'production' }: BundleOptions = {}): Promise<string> {
  const older = (name: string) => ({ [name]: at(`../react-18/node_modules/${name}`) });
  const { outputFiles: [file] } = await build({
    stdin: { contents, loader: 'tsx', resolveDir: at('../../src') }, bundle: true, write: false, format: 'esm', jsx: 'automatic',
    external: ['/index.js'], define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    alias: { steadfast: '/index.js', ...(react === 18 ? { ...older('react'), ...older('react-dom') } : {}) },
  });
  return file?.text ?? '';
}

/** Puts a page in that loads a script, with the components' style, and gives its address. */
export async function putComponents(pages: Pages, name: string, script: string, options: unknown = {}): Promise<string> {
  pages.put('/styles.css', await readFile(at('../../src/ui/styles.css'), 'utf8'), { 'Content-Type': 'text/css' });
  pages.put(`/${name}.js`, script);
  return pages.put(`/${name}.html`, `<!doctype html><html lang=en><meta name=viewport content="width=device-width">
    <link rel=icon href=data:,><link rel=stylesheet href=/styles.css><title>test</title><main id=root></main>
    <script>globalThis.options = ${JSON.stringify(options)}</script><script type=module src=/${name}.js></script>`);
}
