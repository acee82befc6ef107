import type { ReactNode } from 'react';
import { StringsProvider } from 'steadfast/ui';
import 'steadfast/ui/styles.css';

export const metadata = { title: 'Next', icons: { icon: 'data:,' } };

/** A server component, which uses a component of the package's directly. */
export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <StringsProvider value={{ disconnected: 'Not there yet', connected: 'There' }}>{children}</StringsProvider>
      </body>
    </html>
  );
}
