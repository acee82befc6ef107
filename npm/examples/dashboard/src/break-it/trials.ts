import type { Client, Statistics, Status } from 'steadfast';

import { cut, kill } from '../door/door';
import type { Way } from '../door/door';
import { seconds } from '../parts/format';
import { isLive, watch } from './watch';

/** Longer than this nobody waits. */
const PATIENCE = 120_000;
/** What was missed comes right after the connection is back. */
const CATCH_UP = 1_500;

/** Tells how far a trial is. */
export type Tell = (text: string) => void;

/** Drops the socket and says how long it took to be back. */
export async function dropSocket(client: Client, tell: Tell): Promise<string> {
  if (client.status.transport === 'polling') return 'There is no socket to drop: this page polls now.';
  const lost = watch(client, (status) => !isLive(status), 15_000);
  const began = client.statistics();
  const dropped = await cut();
  if (dropped === 0) {
    lost.giveUp();
    return 'There was no socket to drop.';
  }
  const at = await lost.done;
  tell('Dropped. Waiting for the client to be back.');
  return back(client, at, began);
}

/** Kills the server and says what became of this page. */
export async function killServer(client: Client, tell: Tell): Promise<string> {
  const lost = watch(client, (status) => !isLive(status), 30_000);
  const began = client.statistics();
  try {
    await kill();
  } catch (error) {
    lost.giveUp();
    throw error;
  }
  const at = await lost.done;
  tell('Killed. Waiting for the server and the client to be back.');
  return back(client, at, began);
}

/** WebSockets are blocked or free from now on: says when the client has settled for it. */
export async function webSocketsChanged(client: Client, way: Way, tell: Tell): Promise<string> {
  const since = Date.now();
  const wanted = way.websockets ? 'websocket' : 'polling';
  if (!way.network) return 'This page is offline: it will be seen when it is online again.';
  tell(way.websockets ? 'Allowed. Polling goes on until a WebSocket is proven.' : 'Refused. Waiting for polling to take over.');
  const at = await watch(client, ({ transport }) => transport === wanted, PATIENCE).done;
  return `Live by ${wanted === 'websocket' ? 'WebSocket' : 'polling'} after ${seconds(at - since)}.`;
}

/** This page is cut from the network, or given it back, from now on: says when the client has noticed. */
export async function networkChanged(client: Client, way: Way, tell: Tell): Promise<string> {
  const since = Date.now();
  const began = client.statistics();
  if (!way.network) {
    tell('Cut. Waiting for the client to notice.');
    const at = await watch(client, (status) => !isLive(status), PATIENCE).done;
    return `Noticed after ${seconds(at - since)}. It tries again and again, each time later. Go online to see it return.`;
  }
  tell('Online. The client comes with its next attempt.');
  return back(client, since, began);
}

/** Waits for the connection, and for what was missed. */
async function back(client: Client, since: number, began: Statistics): Promise<string> {
  const at = await watch(client, isLive, PATIENCE).done;
  await new Promise((resolve) => setTimeout(resolve, CATCH_UP));
  return told(client.status, at - since, began, client.statistics());
}

/** What a break has cost, in a sentence. */
export function told({ transport }: Pick<Status, 'transport'>, away: number, began: Statistics, ended: Statistics): string {
  const [gaps, repeats] = [ended.gaps - began.gaps, ended.repeats - began.repeats];
  const by = transport === 'polling' ? 'polling' : 'WebSocket';
  const lost = gaps === 0 ? 'Nothing was lost' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}, shown where it matters`;
  return `Back by ${by} after ${seconds(away)}. ${lost}; ${repeats} repeated ${repeats === 1 ? 'event' : 'events'} dropped.`;
}
