import type { ReactNode } from 'react';

import { Icon } from '../parts/icon';
import type { IconName } from '../parts/icon';
import type { Trial } from './use-trial';

interface TrialRowProps {
  readonly icon: IconName;
  readonly action: string;
  /** What is to be expected. */
  readonly expect: string;
  readonly trial: Trial;
  readonly testId: string;
  /** Of a switch: whether it is on. */
  readonly isOn?: boolean;
  onAct(): void;
  /** In place of the trial's own text. */
  readonly result?: ReactNode;
}

/** One way to break it: a button or a switch, what to expect, and what happened. */
export function TrialRow({ icon, action, expect, trial, testId, isOn, onAct, result }: TrialRowProps) {
  return (
    <li className="trial" data-state={trial.state}>
      <button type="button" className="trial-button" data-testid={testId} onClick={onAct}
        {...(isOn !== undefined && { role: 'switch', 'aria-checked': isOn })}>
        <Icon name={icon} />
        <span>{action}</span>
        {isOn !== undefined && <span className="toggle" aria-hidden="true" />}
      </button>
      <div className="trial-text" role="status" data-testid={`${testId}-result`}>
        {result ?? (trial.state === 'idle' ? expect : trial.text)}
      </div>
    </li>
  );
}
