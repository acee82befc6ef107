import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const react18 = fileURLToPath(new URL('tests/react-18/node_modules/', import.meta.url));

// Tests of components name their environment themselves: `// @vitest-environment jsdom`.
export default defineConfig({
  test: {
    exclude: ['tests/packaging/**'],
    environment: 'node',
    setupFiles: ['tests/support/last-turn.ts'],
    testTimeout: 240_000,
    hookTimeout: 600_000,
    projects: [
      { extends: true, test: { name: 'all', include: ['tests/**/*.test.{ts,tsx}', 'src/**/*.test.{ts,tsx}'] } },
      {
        extends: true,
        resolve: { alias: [
          { find: /^(react|react-dom)(?=\/|$)/, replacement: `${react18}$1` },
          // It brings React itself; as a module that is not left to Node, it takes the one above.
          { find: /^@testing-library\/react$/, replacement: '@testing-library/react/dist/@testing-library/react.esm.js' },
        ] },
        test: {
          name: 'react-18', env: { REACT: '18' }, include: ['tests/{react,ui}/*.test.tsx'],
          server: { deps: { inline: [/@testing-library\/react/] } },
        },
      },
    ],
  },
});
