import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { SteadfastProvider, useEvents, useSteadfast } from 'steadfast/react';
import { ConnectionStatus, RealTimeNotifications } from 'steadfast/ui';
import 'steadfast/ui/styles.css';

import { connection } from './options';

function App() {
  const client = useSteadfast();
  const { live, events } = useEvents('page');
  const fromWorker = useWorker();
  return (
    <>
      <ConnectionStatus client={client} />
      <RealTimeNotifications client={client} topics={['notices']} />
      <output id="page">{live && 'live'} {events.map(({ payload }) => String(payload))}</output>
      <output id="worker">{fromWorker}</output>
    </>
  );
}

function useWorker(): string {
  const [text, setText] = useState('');
  useEffect(() => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<string>) => setText((before) => `${before} ${data}`);
    worker.postMessage(globalThis.options);
    return () => worker.terminate();
  }, []);
  return text;
}

createRoot(document.getElementById('root')!).render(<SteadfastProvider options={connection()}><App /></SteadfastProvider>);
