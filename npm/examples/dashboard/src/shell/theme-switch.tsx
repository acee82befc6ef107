import { Icon } from '../parts/icon';
import type { IconName } from '../parts/icon';
import { THEMES } from './use-theme';
import type { Theme } from './use-theme';

const ICONS: Readonly<Record<Theme, IconName>> = { system: 'screen', light: 'sun', dark: 'moon' };

/** Light, dark, or as the system has it. */
export function ThemeSwitch({ theme, onChoose }: { theme: Theme; onChoose(theme: Theme): void }) {
  return (
    <fieldset className="segments theme-switch">
      <legend className="hidden">Theme</legend>
      {THEMES.map((name) => (
        <label key={name} title={`Theme: ${name}`}>
          <input type="radio" name="theme" value={name} checked={theme === name} onChange={() => onChoose(name)} />
          <span><Icon name={ICONS[name]} /><span className="hidden">{name}</span></span>
        </label>
      ))}
    </fieldset>
  );
}
