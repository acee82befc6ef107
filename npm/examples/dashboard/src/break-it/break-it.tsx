import * as door from '../door/door';
import type { Way } from '../door/door';
import { Card } from '../parts/card';
import { useSession } from '../shell/session-context';
import { BurstRow } from './burst-row';
import { TrialRow } from './trial-row';
import { dropSocket, killServer, networkChanged, webSocketsChanged } from './trials';
import { useTrial } from './use-trial';

/** What this page can survive, to be tried. */
export function BreakIt() {
  const { way, setWay } = useSession();
  const [drop, block, offline, kill] = [useTrial(), useTrial(), useTrial(), useTrial()];
  const change = async (next: Way) => {
    await door.setWay(next);
    setWay(next);
  };
  const toggleWebSockets = () => {
    const next = { ...way, websockets: !way.websockets };
    block.start(async (client, tell) => {
      await change(next);
      return webSocketsChanged(client, next, tell);
    });
  };
  const toggleNetwork = () => {
    const next = { ...way, network: !way.network };
    offline.start(async (client, tell) => {
      await change(next);
      return networkChanged(client, next, tell);
    });
  };
  return (
    <Card title="Break it" className="break-it">
      <ul className="trials">
        <TrialRow icon="cut" action="Drop the socket" testId="break-drop" trial={drop.trial} onAct={() => drop.start(dropSocket)}
          expect="The connection ends without a word. The client is back within seconds, and has missed nothing." />
        <TrialRow icon="block" action="Block WebSocket" testId="break-websocket" isOn={!way.websockets} trial={block.trial} onAct={toggleWebSockets}
          expect="As behind a strict proxy. After some seconds the client polls; unblocked, it is back on the WebSocket within a minute." />
        <TrialRow icon="offline" action="Go offline" testId="break-offline" isOn={!way.network} trial={offline.trial} onAct={toggleNetwork}
          expect="Nothing of this page comes through. It says so; online again, it catches up on what was missed." />
        <BurstRow />
        <TrialRow icon="power" action="Kill the server" testId="break-kill" trial={kill.trial} onAct={() => kill.start(killServer)}
          expect="It is killed and started again, and has forgotten everything. The page is back, and shows where events are missing." />
      </ul>
    </Card>
  );
}
