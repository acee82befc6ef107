import * as centrifuge from './centrifuge.js';
import { Count } from './count.js';
import * as raw from './raw.js';
import * as socketIo from './socket-io.js';
import * as steadfast from './steadfast.js';

const CLIENTS = { raw, steadfast, centrifuge, socketIo };

let count;

/** Connects a client, and resolves when its feed may begin. */
globalThis.open = async ({ client, url, warm, events, ...options }) => {
  count = new Count(warm, events);
  await CLIENTS[client].open(url, { ...options, take: (payload) => count.take(payload), lost: (reason) => count.fail(reason) });
};

/** Resolves when the events that only warm up have come. */
globalThis.warmed = () => count.warmed;

/** Resolves with the milliseconds that the others took, from the first to the last. */
globalThis.finished = () => count.finished;

/** How many events have come, those included that should not have. */
globalThis.taken = () => count.taken;
