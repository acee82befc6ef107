// What a visitor of a page downloads for each entry: minified, after gzip -9, React excluded.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const KB = 1_000;

/** Entries, their files, and what they may weigh. */
const ENTRIES = [
  { name: 'steadfast', files: ['index.js', 'core.wasm'], gate: 30 * KB },
  { name: 'steadfast/inline', files: ['inline.js'] },
  { name: 'steadfast/react', files: ['react/index.js'], gate: 6 * KB },
  { name: 'steadfast/ui', files: ['ui/index.js'], gate: 6 * KB },
  { name: 'steadfast/ui/styles.css', files: ['ui/styles.css'] },
  { name: 'steadfast/plain', files: ['plain/index.js'] },
  { name: 'steadfast/testing', files: ['testing/index.js'] },
];

/** Where the table of the package's README stands. */
const MARKERS = /(<!-- sizes -->\n).*?(<!-- \/sizes -->)/s;

/** Prints the table and puts it into the README; false where an entry weighs more than its gate. */
export async function weigh(dist) {
  let light = true;
  const rows = [];
  console.log('\n| entry | minified | gzip | gate |\n|---|---:|---:|---:|');
  for (const { name, files, gate } of ENTRIES) {
    const weights = await Promise.all(files.map((file) => weight(join(dist, file))));
    if (weights.some((weight) => !weight)) continue;
    const [raw, zipped] = [0, 1].map((index) => weights.reduce((sum, weight) => sum + weight[index], 0));
    console.log(`| \`${name}\` | ${show(raw)} | ${show(zipped)} | ${gate ? show(gate) : ''} |`);
    rows.push(`| \`${name}\` | ${(zipped / 1000).toFixed(1)} KB |`);
    if (files.length > 1) {
      files.forEach((file, index) => console.log(`| &nbsp; ${file} | ${show(weights[index][0])} | ${show(weights[index][1])} | |`));
    }
    if (gate && zipped > gate) {
      console.error(`\`${name}\` is ${zipped - gate} bytes over its gate; find what grew`);
      light = false;
    }
  }
  await publish(join(dist, '../README.md'), rows);
  return light;
}

/** Rounded, so that another version of a tool does not change the text. */
async function publish(readme, rows) {
  const before = await readFile(readme, 'utf8');
  const after = before.replace(MARKERS, (_, begin, end) => `${begin}| what a page loads | minified, after gzip |\n|---|---:|\n${rows.join('\n')}\n${end}`);
  if (after !== before) await writeFile(readme, after);
}

async function weight(file) {
  if (!await stat(file).catch(() => undefined)) return undefined;
  const bytes = file.endsWith('.wasm') ? await readFile(file) : await minified(file);
  return [bytes.length, gzipSync(bytes, { level: 9 }).length];
}

async function minified(file) {
  const { outputFiles } = await build({
    entryPoints: [file], bundle: true, minify: true, write: false, format: 'esm', legalComments: 'none', target: 'es2022',
    external: ['react', 'react-dom', 'react/*', 'steadfast', 'steadfast/*', 'node:*'], logLevel: 'error',
  });
  return outputFiles[0].contents;
}

function show(bytes) {
  return bytes.toLocaleString('en');
}
