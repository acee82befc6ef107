/** Whether a sound can be heard. `blocked`: the browser waits for a person to click or press a key. */
export type SoundState = 'blocked' | 'ready' | 'unavailable';

/** Tones of each severity: frequency in Hz, seconds, one after another. `info` is silent. */
const PATTERNS = {
  critical: [[880, 0.18], [660, 0.18], [880, 0.18], [660, 0.3]],
  high: [[740, 0.15], [740, 0.15]],
  medium: [[520, 0.15]],
  info: [],
} as const;

/** A severity that has a sound. */
export type AlertSeverity = keyof typeof PATTERNS;

/** Plays alerts by Web Audio, with no file to load. Made without one: nothing is created before a gesture. */
export interface AlertPlayer {
  /** From inside a gesture: asks the browser for sound. Says what came of it. */
  unlock(): Promise<SoundState>;
  /** Plays the pattern; nothing while blocked. */
  play(severity: AlertSeverity): void;
  close(): void;
}

export function alertPlayer(): AlertPlayer {
  let context: AudioContext | undefined;
  return {
    async unlock() {
      if (typeof AudioContext === 'undefined') return 'unavailable';
      try {
        const asked = context ??= new AudioContext();
        await asked.resume();
        return asked.state === 'running' ? 'ready' : 'blocked';
      } catch {
        return 'blocked';
      }
    },
    play(severity) {
      if (context?.state !== 'running') return;
      let at = context.currentTime;
      for (const [frequency, seconds] of PATTERNS[severity]) {
        const oscillator = context.createOscillator();
        const gain = context.createGain();
        const end = at + seconds;
        oscillator.frequency.value = frequency;
        gain.gain.setValueAtTime(0.25, at);
        gain.gain.linearRampToValueAtTime(0, end);
        oscillator.connect(gain).connect(context.destination);
        oscillator.start(at);
        oscillator.stop(end);
        at = end + 0.05;
      }
    },
    close() {
      context?.close().catch(() => undefined);
      context = undefined;
    },
  };
}
