import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import 'uplot/dist/uPlot.min.css';
import 'steadfast/ui/styles.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/operations.css';
import './styles/hospital.css';
import './styles/connection.css';
import { App } from './shell/app';
import { ErrorBoundary } from './shell/error-boundary';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id `root`.');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary name="This page">
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
