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
export class AlertPlayer {
  state: SoundState = 'blocked';
  #context: AudioContext | null = null;

  /** From inside a gesture: asks the browser for sound. The state says what came of it. */
  async unlock(): Promise<SoundState> {
    try {
      this.#context ??= new AudioContext();
      if (this.#context.state !== 'running') await this.#context.resume();
      this.state = this.#context.state === 'running' ? 'ready' : 'blocked';
    } catch {
      this.state = typeof AudioContext === 'undefined' ? 'unavailable' : 'blocked';
    }
    return this.state;
  }

  /** Plays the pattern; nothing while blocked. Whether it was played. */
  play(severity: AlertSeverity): boolean {
    const context = this.#context;
    if (!context || context.state !== 'running') return false;
    let at = context.currentTime;
    for (const [frequency, seconds] of PATTERNS[severity]) {
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      oscillator.frequency.value = frequency;
      gain.gain.setValueAtTime(0.25, at);
      gain.gain.linearRampToValueAtTime(0, at + seconds);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(at);
      oscillator.stop(at + seconds);
      at += seconds + 0.05;
    }
    return true;
  }

  close(): void {
    void this.#context?.close().catch(() => undefined);
    this.#context = null;
    this.state = 'blocked';
  }
}
