import { Centrifuge } from 'centrifuge';

import { TOPIC } from '../events.mjs';

export function open(url, { take, lost }) {
  const client = new Centrifuge(`${url.replace('http', 'ws')}/connection/websocket`);
  const subscription = client.newSubscription(TOPIC);
  subscription.on('publication', ({ data }) => take(data.payload));
  subscription.on('error', ({ error }) => lost(error.message));
  client.on('disconnected', ({ reason }) => lost(reason));
  return new Promise((resolve) => {
    subscription.on('subscribed', resolve);
    subscription.subscribe();
    client.connect();
  });
}
