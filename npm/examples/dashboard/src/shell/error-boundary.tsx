import { Component } from 'react';
import type { ErrorInfo, ReactNode } from 'react';

import { LoadAgain } from '../parts/load-again';

interface Props {
  readonly children: ReactNode;
  /** What failed, for the person: `Incidents`. */
  readonly name: string;
}

interface State {
  readonly error: Error | null;
}

/** Shows what went wrong in a part of the page, and leaves the rest alone. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    console.error(error, componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <section className="failure" role="alert">
        <p><strong>{this.props.name} failed.</strong> {error.message}</p>
        <span className="failure-actions">
          <button type="button" className="button" onClick={() => this.setState({ error: null })}>Show it again</button>
          <LoadAgain />
        </span>
      </section>
    );
  }
}
