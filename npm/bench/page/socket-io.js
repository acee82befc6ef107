import { io } from 'socket.io-client';

export function open(url, { take, lost }) {
  const socket = io(url, { transports: ['websocket'] });
  socket.on('incident_alert', ({ payload }) => take(payload));
  socket.on('kpi_update', ({ payload }) => take(payload));
  socket.on('disconnect', (reason) => lost(reason));
  socket.on('connect_error', (error) => lost(error.message));
  return new Promise((resolve) => socket.on('connect', resolve));
}
