import { useId } from 'react';
import type { ReactNode } from 'react';

import { ErrorBoundary } from '../shell/error-boundary';

interface CardProps {
  readonly title: string;
  /** Beside the title: a count, a legend. */
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A part of a console with its heading. What fails in it, such as a plot, leaves the other parts alone. */
export function Card({ title, aside, className = '', children }: CardProps) {
  const id = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="card-aside">{aside}</div>}
      </header>
      <ErrorBoundary name={title}>{children}</ErrorBoundary>
    </section>
  );
}
