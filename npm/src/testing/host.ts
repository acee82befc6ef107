import { Hub } from './hub.js';
import type { Fields, Session } from './session.js';
import type {
  Answer, ReceivedAcknowledgement, ReceivedMessage, TestConnection, TestServerOptions,
} from './types.js';

/** Whose token it is where nobody says. */
export const USER = 'test';

let lives = 0;

/** What all sessions of a server share. */
export class Host {
  hub: Hub;
  readonly sessions = new Set<Session>();
  readonly answers = new Map<string, Answer>();
  readonly messages: ReceivedMessage[] = [];
  readonly requests: ReceivedMessage[] = [];
  readonly acknowledgements: ReceivedAcknowledgement[] = [];
  readonly #forbidden = new Set<string>();
  /** Clients that poll, by what they called themselves: as they last did. */
  readonly #polling = new Map<string, TestConnection>();

  constructor(private readonly options: TestServerOptions) {
    this.hub = this.#newHub();
  }

  authenticate(token: string): string | null {
    return this.options.authenticate ? this.options.authenticate(token) : USER;
  }

  isForbidden(topic: string): boolean {
    return this.#forbidden.has(topic);
  }

  forbid(topic: string, forbidden: boolean): void {
    if (!forbidden) return void this.#forbidden.delete(topic);
    this.#forbidden.add(topic);
    for (const session of this.sessions) session.forbid(topic);
  }

  /** A hello was accepted. */
  entered({ transport, instance, user, topics }: Session): void {
    if (transport === 'polling') this.#polling.set(instance, { user: user ?? '', transport, topics });
    else this.#polling.delete(instance);
  }

  acknowledged(session: Session, { ref, ids, state, note }: Fields): void {
    const user = session.user ?? '';
    const named = ids as string[];
    const unknown = state === 'acknowledged' ? this.hub.acknowledge(named, user) : this.hub.unknown(named, user);
    if (state === 'acknowledged') {
      const known = named.filter((id) => !unknown.includes(id));
      this.acknowledgements.push(...known.map((id) => ({ user, id, ...typeof note === 'string' && { note } })));
    }
    session.answer(ref, { payload: { unknown } });
    this.wake();
  }

  /** There may be something to read for everybody. */
  wake(): void {
    for (const { outlet } of this.sessions) outlet.wake();
  }

  drop(transport?: Session['transport']): void {
    for (const session of [...this.sessions]) {
      if (!transport || session.transport === transport) session.outlet.drop();
    }
    if (transport !== 'websocket') this.#polling.clear();
  }

  restart(): void {
    this.drop();
    this.hub = this.#newHub();
  }

  get connections(): TestConnection[] {
    const live = [...this.sessions].filter(({ transport, user }) => transport === 'websocket' && user !== null);
    return [...live.map(({ user, transport, topics }) => ({ user: user ?? '', transport, topics })), ...this.#polling.values()];
  }

  #newHub(): Hub {
    lives += 1;
    return new Hub(`test${lives}`, this.options.topics ?? {});
  }
}
