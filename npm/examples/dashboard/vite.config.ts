import { env } from 'node:process';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds the demo's front door: what `cargo xtask demo` prints, in the variable DOOR.
const door = env.DOOR ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  // The package is a link to the folder above: its React is this application's, not the one that it is tested with.
  resolve: { dedupe: ['react', 'react-dom'] },
  // Fonts and pictures stay files: the page's Content-Security-Policy allows no data in their place.
  build: { target: 'es2022', assetsInlineLimit: 0 },
  // The linked package lies outside this folder.
  server: { fs: { allow: ['../..'] }, proxy: { '/demo': door, '/via': { target: door, ws: true } } },
  test: { include: ['tests/**/*.test.ts'] },
});
