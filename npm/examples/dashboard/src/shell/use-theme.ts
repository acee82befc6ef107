import { useEffect, useState, useSyncExternalStore } from 'react';

/** What a person may choose. */
export const THEMES = ['system', 'light', 'dark'] as const;

/** A choice. */
export type Theme = (typeof THEMES)[number];

const KEY = 'steadfast-demo-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** The choice, kept for the next visit, and what it comes to now. */
export function useTheme(): { theme: Theme; choose(theme: Theme): void; shown: 'light' | 'dark' } {
  const [theme, setTheme] = useState<Theme>(remembered);
  const system = useSyncExternalStore(onSystem, () => dark.matches);
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const choose = (next: Theme) => {
    setTheme(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // A browser that keeps nothing: the choice holds for this page.
    }
  };
  return { theme, choose, shown: theme === 'system' ? (system ? 'dark' : 'light') : theme };
}

function remembered(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

function onSystem(changed: () => void): () => void {
  dark.addEventListener('change', changed);
  return () => dark.removeEventListener('change', changed);
}
