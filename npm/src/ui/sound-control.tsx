'use client';

import type { Strings } from './strings.js';
import type { AlertSound } from './use-alert-sound.js';

/** Mutes and unmutes; says so where the browser blocks sound. */
export function SoundControl({ sound, strings }: { readonly sound: AlertSound; readonly strings: Strings }) {
  if (sound.state === 'unavailable') return <span className="sf-muted">{strings.soundUnavailable}</span>;
  if (sound.state === 'blocked' && !sound.muted) {
    return <button type="button" className="sf-link sf-blocked" onClick={sound.unlock}>{strings.soundBlocked}</button>;
  }
  return (
    <button type="button" className="sf-link" onClick={() => sound.setMuted(!sound.muted)}>
      {sound.muted ? strings.unmute : strings.mute}
    </button>
  );
}
