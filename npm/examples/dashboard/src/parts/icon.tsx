/** The icons, as paths on a grid of 24. */
const PATHS = {
  pulse: 'M3 13h4l2.500-7 4.500 12 2.500-7 1.200 2H21',
  mast: 'M12 11v10M8 21l4-10 4 10M9.500 17h5M8.500 9a4 4 0 0 1 0-5.500M15.500 9a4 4 0 0 0 0-5.500M5.800 11.500a8 8 0 0 1 0-10.500M18.200 11.500a8 8 0 0 0 0-10.500',
  cross: 'M9 3h6v6h6v6h-6v6H9v-6H3V9h6z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500a7.500 7.500 0 0 1 15 0',
  screen: 'M3 4h18v12H3zM9 20h6M12 16v4',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.800 1.800M17.200 17.200 19 19M19 5l-1.800 1.800M6.800 17.200 5 19',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z',
  cut: 'M4 12h5M15 12h5M9 8v8M15 8v8',
  block: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.700 5.700l12.600 12.600',
  offline: 'M3 3l18 18M5 12.500a10 10 0 0 1 4-2.300M2 9a15 15 0 0 1 4.500-2.800M19 12.500a10 10 0 0 0-3-2M22 9A15 15 0 0 0 11 5M8.500 16a5 5 0 0 1 6 0M12 19.500h.01',
  bolt: 'M13 2 4 14h7l-1 8 9-12h-7z',
  power: 'M12 3v9M6.500 7a8 8 0 1 0 11 0',
  up: 'M12 19V5M6 11l6-6 6 6',
  check: 'M5 12.500 10 17.500 19 7',
  hole: 'M4 6h5M15 6h5M4 12h3M17 12h3M4 18h5M15 18h5',
  reload: 'M20 11a8 8 0 1 0-2.300 5.700M20 5v6h-6',
} as const;

/** An icon's name. */
export type IconName = keyof typeof PATHS;

/** A picture beside words: it says nothing that they do not. */
export function Icon({ name }: { name: IconName }) {
  return <svg className="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name]} /></svg>;
}
