import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

import { Application } from './support/application.js';
import { entries, manifestOf } from './support/manifest.js';

const NEWEST = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

test.each([
  ['newest', 'Bundler', 'ESNext', NEWEST],
  ['newest', 'NodeNext', 'NodeNext', NEWEST],
  ['5', 'NodeNext', 'NodeNext', 'typescript/bin/tsc'],
])('TypeScript %s takes every entry with moduleResolution %s', async (_, moduleResolution, module, compiler) => {
  const application = await Application.install('types');
  const all = entries(await manifestOf(application));
  await writeFile(join(application.folder, 'all.ts'), all.map((entry, index) => `export * as entry${index} from '${entry}';\n`).join(''));
  const compilerOptions = {
    module, moduleResolution, target: 'ES2022', lib: ['ES2022', 'DOM', 'ESNext.Disposable'], jsx: 'react-jsx', types: [], noEmit: true,
    strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noUncheckedSideEffectImports: true, skipLibCheck: false,
  };
  await writeFile(join(application.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  await application.run(compiler, '--project', 'tsconfig.json');
});
