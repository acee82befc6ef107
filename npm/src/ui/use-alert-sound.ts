'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import { alertPlayer } from './alert-player.js';
import type { SoundState } from './alert-player.js';
import { severity } from './describe.js';
import { isUrgent } from './notification.js';
import type { Notification } from './notification.js';

/** When alerts are heard. */
export interface AlertSoundOptions {
  /** Default: false. */
  readonly muted?: boolean | undefined;
  /** Repeats the critical pattern every so many milliseconds while one is unacknowledged. Default: 0, never. */
  readonly repeatEvery?: number | undefined;
}

/** Whether alerts are heard, and what can be done about it. */
export interface AlertSound {
  readonly state: SoundState;
  readonly muted: boolean;
  setMuted(muted: boolean): void;
  /** Call it from a click or key press. The first gesture anywhere on the page does the same. */
  unlock(): void;
}

/** Plays a sound for each new notification by its severity; of several at once only the worst is heard. */
export function useAlertSound(items: readonly Notification[], { muted: muteFirst = false, repeatEvery = 0 }: AlertSoundOptions = {}): AlertSound {
  const [player] = useState(alertPlayer);
  const [state, setState] = useState<SoundState>('blocked');
  const [muted, setMuted] = useState(muteFirst);
  const heard = useRef<ReadonlySet<string>>(new Set());
  const unlock = useCallback(() => void player.unlock().then(setState), [player]);

  useEffect(() => {
    // One of each kind: where the first was not enough, the other may be.
    const gestures = ['pointerdown', 'keydown'] as const;
    gestures.forEach((gesture) => document.addEventListener(gesture, unlock, { once: true }));
    return () => {
      gestures.forEach((gesture) => document.removeEventListener(gesture, unlock));
      player.close();
    };
  }, [player, unlock]);

  useEffect(() => {
    const fresh = items.map((item) =>
      item.kind === 'event' && !item.event.replay && !heard.current.has(item.key) && severity(item.event.priority));
    heard.current = new Set(items.map((item) => item.key));
    const worst = (['critical', 'high', 'medium'] as const).find((grade) => fresh.includes(grade));
    if (worst && !muted) player.play(worst);
  }, [items, muted, player]);

  const urgent = items.some(isUrgent);
  useEffect(() => {
    if (!urgent || muted || repeatEvery <= 0) return undefined;
    const timer = setInterval(() => player.play('critical'), repeatEvery);
    return () => clearInterval(timer);
  }, [urgent, muted, repeatEvery, player]);

  return { state, muted, setMuted, unlock };
}
