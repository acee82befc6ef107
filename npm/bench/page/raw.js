/** The least that a page can do with: `JSON.parse`, and the callback. */
export function open(url, { take }) {
  const socket = new WebSocket(url.replace('http', 'ws'));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (!Array.isArray(message)) take(message.payload);
    else for (const { payload } of message) take(payload);
  };
  return new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
}
