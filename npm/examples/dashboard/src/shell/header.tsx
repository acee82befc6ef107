import { ConnectionStatus } from 'steadfast/ui';

import { Icon } from '../parts/icon';
import { ThemeSwitch } from './theme-switch';
import { CONSOLES, CONSOLE_TITLES } from './use-route';
import type { ConsoleName } from './use-route';
import type { Theme } from './use-theme';

/** Who may sit at the consoles. */
export const USERS = ['ana', 'ben', 'chloe', 'kim'] as const;

/** Short enough for a phone's bar: what there is to say more stands below it. */
const STRINGS = { reconnect: 'Retry' };

interface HeaderProps {
  readonly console: ConsoleName;
  readonly user: string;
  readonly theme: Theme;
  onUser(user: string): void;
  onTheme(theme: Theme): void;
}

/** The bar that is always there: which console, who, and whether it is live. */
export function Header({ console, user, theme, onUser, onTheme }: HeaderProps) {
  return (
    <header className="bar">
      <div className="brand">
        <Icon name="pulse" />
        <span>Steadfast <span className="brand-more">demo</span></span>
      </div>
      <nav className="segments consoles" aria-label="Consoles">
        {CONSOLES.map((name) => (
          <a key={name} href={`#/${name}`} aria-current={name === console ? 'page' : undefined}>
            <span><Icon name={name === 'operations' ? 'mast' : 'cross'} />{CONSOLE_TITLES[name]}</span>
          </a>
        ))}
      </nav>
      <div className="bar-status" data-testid="connection-status"><ConnectionStatus compact strings={STRINGS} /></div>
      <label className="who">
        <span className="hidden">Signed in as</span>
        <Icon name="person" />
        <select value={user} onChange={({ target }) => onUser(target.value)}>
          {USERS.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <ThemeSwitch theme={theme} onChoose={onTheme} />
    </header>
  );
}
