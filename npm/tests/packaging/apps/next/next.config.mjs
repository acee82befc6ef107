import { join } from 'node:path';

// Next and React are installed in a folder above the application.
const root = join(import.meta.dirname, '../..');

export default { turbopack: { root }, outputFileTracingRoot: root };
