import { createClient, init } from '../index.js';
import type { Client, ClientOptions, EventMap } from '../types.js';
import { answerExchange, refuse } from './exchange.js';
import { Host, USER } from './host.js';
import { TestSocket } from './socket.js';
import type {
  Answer, PublishedEvent, ReceivedAcknowledgement, ReceivedMessage, ServerPublishOptions, TestConnection, TestServer, TestServerOptions,
} from './types.js';
import { later, quiet } from './wire.js';

const URL_OF_ALL = 'http://steadfast.test';

/** The server of a test; what its members mean is said by {@link TestServer}. */
export class InMemoryServer implements TestServer {
  readonly options: TestServer['options'];
  readonly #host: Host;
  readonly #clients = new Set<Client>();
  #isDown = false;
  #refusesWebSockets = false;

  constructor(options: TestServerOptions) {
    this.#host = new Host(options);
    const host = this.#host;
    const opens = () => !this.#isDown && !this.#refusesWebSockets;
    class Socket extends TestSocket {
      constructor() {
        super(host, opens);
      }
    }
    this.options = {
      url: URL_OF_ALL,
      getToken: () => 'test-token',
      WebSocket: Socket as unknown as NonNullable<ClientOptions['WebSocket']>,
      fetch: (input, init) => this.#fetch(input, init),
      reconnectInterval: 100,
      reconnectCap: 100,
      fallbackAfter: 300,
    };
  }

  createClient<Events extends EventMap = Record<string, unknown>>(options: Partial<ClientOptions> = {}): Client<Events> {
    const client = createClient<Events>({ ...this.options, ...options });
    this.#clients.add(client as unknown as Client);
    return client;
  }

  publish(topic: string, type: string, payload: unknown = null, given: ServerPublishOptions = {}): PublishedEvent {
    const { user = USER, ...options } = given;
    const written = payload instanceof Uint8Array ? payload : JSON.stringify(payload);
    const published = this.#host.hub.publish({ ...options, topic, type, payload: options.deleted ? undefined : written }, user);
    this.#host.wake();
    return published;
  }

  acknowledge(ids: string | readonly string[]): readonly string[] {
    const unknown = this.#host.hub.acknowledge([ids].flat(), USER);
    this.#host.wake();
    return unknown;
  }

  answerRequest(type: string, answer: Answer): void {
    this.#host.answers.set(type, answer);
  }

  forbid(topic: string, forbidden = true): void {
    this.#host.forbid(topic, forbidden);
  }

  drop(): void {
    this.#host.drop();
  }

  refuseWebSockets(refuses: boolean): void {
    this.#refusesWebSockets = refuses;
    if (refuses) this.#host.drop('websocket');
  }

  down(): void {
    this.#isDown = true;
    this.#host.drop();
  }

  up(): void {
    this.#isDown = false;
  }

  restart(): void {
    this.#host.restart();
  }

  loseHistory(topic: string, lost = 1): void {
    this.#host.hub.topic(topic, USER).lose(lost);
    this.#host.wake();
  }

  expireTokens(): void {
    for (const session of this.#host.sessions) {
      if (session.transport === 'websocket') session.send({ type: 'rt.auth_required', within_ms: 25_000, reason: 'the token expires soon' });
    }
  }

  get messages(): readonly ReceivedMessage[] {
    return this.#host.messages;
  }

  get requests(): readonly ReceivedMessage[] {
    return this.#host.requests;
  }

  get acknowledgements(): readonly ReceivedAcknowledgement[] {
    return this.#host.acknowledgements;
  }

  get connections(): readonly TestConnection[] {
    return this.#host.connections;
  }

  async idle(): Promise<void> {
    await init();
    await quiet();
  }

  async expectSubscribed(topic: string): Promise<void> {
    await this.idle();
    const { connections } = this;
    if (connections.some(({ topics }) => topics.includes(topic))) return;
    const followed = [...new Set(connections.flatMap(({ topics }) => topics))];
    throw new Error(`no client follows \`${topic}\`; ${connections.length} connected, following ${followed.join(', ') || 'nothing'}`);
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.#clients.clear();
    this.down();
  }

  async #fetch(input: Parameters<typeof fetch>[0], given: RequestInit = {}): Promise<Response> {
    const { body, signal } = given;
    await new Promise<void>((resolve) => later(resolve));
    if (signal?.aborted) throw signal.reason;
    if (this.#isDown) throw new TypeError('the test server is down');
    const url = typeof input === 'object' && 'url' in input ? input.url : String(input);
    if (url !== `${URL_OF_ALL}/api/v1/notifications/poll`) {
      return refuse(404, 'unsupported', `the test server answers nothing at ${new URL(url).pathname}`);
    }
    return answerExchange(this.#host, String(body), signal);
  }
}
