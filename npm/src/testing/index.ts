import { InMemoryServer } from './server.js';
import type { TestServer, TestServerOptions } from './types.js';

export type {
  Answer, PublishedEvent, ReceivedAcknowledgement, ReceivedMessage, ServerPublishOptions, TestConnection, TestServer, TestServerOptions,
  TopicClass,
} from './types.js';

/**
 * Makes a server for unit tests. It opens no socket and has no timer; it speaks the protocol of real servers to the real
 * client, so what a component sees in the test is what it will see: resumed topics, gaps, polling, acknowledgements.
 *
 * ```tsx
 * import { act, render, screen } from '@testing-library/react';
 * import { SteadfastProvider } from 'steadfast/react';
 * import { createTestServer } from 'steadfast/testing';
 *
 * const server = createTestServer();
 * afterEach(() => server.close());
 *
 * test('an incident is listed, and stays through a lost connection', async () => {
 *   const client = server.createClient();
 *   render(<SteadfastProvider client={client}><Incidents /></SteadfastProvider>);
 *   await act(() => server.expectSubscribed('incidents'));
 *
 *   server.publish('incidents', 'incident_alert', { incident: { title: 'Power loss' } }, { priority: 'critical' });
 *   await screen.findByText('Power loss');
 *
 *   server.drop();
 *   server.publish('incidents', 'incident_alert', { incident: { title: 'While away' } });
 *   await screen.findByText('While away'); // the client came back, and resumed
 *
 *   server.loseHistory('incidents');
 *   await screen.findByText(/were lost/);
 * });
 * ```
 *
 * A component that makes its own client takes `server.options`: `<SteadfastProvider options={server.options}>`.
 *
 * With fake timers, await {@link TestServer.idle} once before they are switched on or after the client is made: the module
 * is loaded by the platform, not by a timer. After that everything but the client's own pauses goes on without time;
 * `vi.advanceTimersByTimeAsync` moves those (100 ms to reconnect, 300 ms to polling). Events that come outside of `act` or
 * `findBy…` make React warn: `await act(() => server.idle())`.
 *
 * Vitest needs nothing. Jest needs `NODE_OPTIONS=--experimental-vm-modules`, for a DOM the environment `jest-fixed-jsdom` with
 * `testEnvironmentOptions: { customExportConditions: ['node'] }`, and `jest.useFakeTimers({ doNotFake: ['queueMicrotask'] })`.
 */
export function createTestServer(options: TestServerOptions = {}): TestServer {
  return new InMemoryServer(options);
}
