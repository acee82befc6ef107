import { createClient } from 'steadfast';
import { WebSocket } from 'ws';

const { SERVER: url, TOKEN: token } = process.env;
const client = createClient({ url, getToken: () => token, WebSocket, logLevel: 'silent' });
client.subscribe('node', {
  onLive: () => console.log('live'),
  onEvent({ payload }) {
    console.log(`${payload} over ${client.status.transport}`);
    client.close();
  },
});
