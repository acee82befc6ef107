import { useMemo, useState } from 'react';
import { SteadfastProvider } from 'steadfast/react';

import { clientUrl, token } from '../door/door';
import { HospitalConsole } from '../hospital/hospital-console';
import { OperationsConsole } from '../operations/operations-console';
import { ErrorBoundary } from './error-boundary';
import { Header, USERS } from './header';
import { SessionProvider } from './session-context';
import { CONSOLE_TITLES, useRoute } from './use-route';
import { useTheme } from './use-theme';

const FREE = { websockets: true, network: true };

/** The whole page: a console, for a person, over one client. */
export function App() {
  const console = useRoute();
  const [user, setUser] = useState<string>(USERS[0]);
  const [way, setWay] = useState(FREE);
  const [round, setRound] = useState(0);
  const { theme, choose, shown } = useTheme();
  const session = useMemo(
    () => ({ console, user, look: shown, way, setWay, reload: () => setRound((before) => before + 1) }),
    [console, user, shown, way],
  );
  // Another console, person or round is another client, and nothing of the last one is left.
  const key = `${console} ${user} ${round}`;
  return (
    <SessionProvider value={session}>
      <SteadfastProvider key={key} options={{ url: clientUrl, getToken: () => token(console, user), application: { name: 'steadfast-dashboard', version: '0.1.0' } }}>
        <a className="skip" href="#main" onClick={skip}>Skip to the console</a>
        <Header console={console} user={user} theme={theme} onUser={setUser} onTheme={choose} />
        <ErrorBoundary key={key} name={CONSOLE_TITLES[console]}>
          {console === 'operations' ? <OperationsConsole /> : <HospitalConsole />}
        </ErrorBoundary>
      </SteadfastProvider>
    </SessionProvider>
  );
}

/** The address stays: its hash is the console's. */
function skip(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
