import { Live } from './live';

// Rendered anew for each visitor.
export const dynamic = 'force-dynamic';

export default function Page() {
  return <Live />;
}
