import { useStatus } from 'steadfast/react';

/** Where there is nothing to show: why, which is another thing while the page is not connected. */
export function Empty({ children }: { children: string }) {
  const { state } = useStatus();
  return <p className="empty">{state === 'connected' ? children : WAITS[state]}</p>;
}

const WAITS = {
  loading: 'Loading…',
  connecting: 'Waiting for the connection…',
  disconnected: 'Not connected.',
  closed: 'Stopped. Nothing new will come.',
  crashed: 'The client has failed. Load the page again.',
} as const;
