import { init } from 'steadfast';

/** The package in code that runs on the server alone: it finds its module there too. */
export async function GET(): Promise<Response> {
  await init();
  return new Response('ready');
}
