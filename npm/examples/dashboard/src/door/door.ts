import type { ConsoleName } from '../shell/use-route';

/** What of the network is left to this page. */
export interface Way {
  readonly websockets: boolean;
  readonly network: boolean;
}

/** This tab's name at the front door, which can so disturb it alone. */
const page = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Where this tab's client connects. */
export const clientUrl = `/via/${page}`;

/** A bearer token for a person at a console. */
export async function token(console: ConsoleName, user: string): Promise<string> {
  return (await post('/demo/token', { console, user })).text();
}

/** Blocks or frees this tab's connections. */
export async function setWay(way: Way): Promise<void> {
  await post(`/demo/way/${page}`, way);
}

/** Drops this tab's sockets without a word; says how many there were. */
export async function cut(): Promise<number> {
  return ((await (await post(`/demo/cut/${page}`)).json()) as { cut: number }).cut;
}

/** Publishes numbered events; says in which run. */
export async function burst(console: ConsoleName, count: number): Promise<string> {
  return String(((await (await post('/demo/burst', { console, count })).json()) as { run: string | number }).run);
}

/** Kills the server, for everybody. It is started again. */
export async function kill(): Promise<void> {
  await post('/demo/kill');
}

async function post(path: string, body?: unknown): Promise<Response> {
  const response = await fetch(path, {
    method: 'POST',
    ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    // The front door says in a sentence what is wrong; a proxy may send a page.
    const said = (await response.text()).trim();
    throw new Error(said !== '' && said.length < 300 ? said : `${path.split('/').slice(0, 3).join('/')} answered ${response.status}`);
  }
  return response;
}
