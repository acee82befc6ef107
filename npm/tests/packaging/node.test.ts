import { join } from 'node:path';
import { expect, test } from 'vitest';

import { Server, token } from '../support/server.js';
import { Application } from './support/application.js';
import { entries, manifestOf, targets } from './support/manifest.js';

test('a script in Node receives an event, and ends when its client is closed', async () => {
  const application = await Application.install('node');
  const server = await Server.start();
  const { ended, said } = await application.start('./receive.js', [], /live/, { SERVER: server.url, TOKEN: token() });
  await server.publish({ topic: 'node', type: 'greeting', payload: 'arrived' });
  expect(await ended).toBe(0);
  expect(said()).toBe('live\narrived over websocket\n');
  await server.kill();
});

test('an import of any entry, also of what browsers get, does nothing, without a page and in a program that then ends', async () => {
  const application = await Application.install('node');
  const manifest = await manifestOf(application);
  // Workers on Cloudflare import the module, which Node does not.
  const files = targets(manifest).filter((target) => target.endsWith('.js') && !target.includes('workerd'));
  const said = await application.run('./imports.js', ...entries(manifest), ...files.map((file) => join(application.package, file)));
  expect(JSON.parse(said)).toEqual({ touched: [], added: [] });
});
