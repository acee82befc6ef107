import { type Client, type ClientOptions, SteadfastError, type TowercoEvents, createClient, init } from 'steadfast';
import * as inline from 'steadfast/inline';

const options: ClientOptions = { url: 'https://notify.example', getToken: async ({ renew }) => `token ${renew}`, logLevel: 'warn' };
export const client: Client<TowercoEvents> = createClient<TowercoEvents>(options);
export const same: Client<TowercoEvents> = inline.createClient<TowercoEvents>(options);

export const stop: () => void = client.subscribe('incidents', {
  onEvent(event) {
    if (event.type === 'incident_alert') show(event.payload.incident.title);
    // @ts-expect-error: there is no such type of event.
    if (event.type === 'no_such_event') stop();
  },
});

export async function tell(): Promise<number | boolean | undefined> {
  await init();
  for await (const delivery of client.stream('incidents')) if (delivery.kind === 'gap') return delivery.gap.lost?.[0];
  return client.acknowledge('id').then(() => undefined, (error: unknown) => (error instanceof SteadfastError ? error.retryable : undefined));
}

// @ts-expect-error: a token comes from a function.
createClient({ url: '/', getToken: 'token' });

declare function show(text: string): void;
