import type { Client } from '../types.js';

/** What the components need of a client; every client has it, whatever its events. */
export type NotificationClient = Pick<Client, 'status' | 'onStatus' | 'connect' | 'subscribe' | 'acknowledge'>;
