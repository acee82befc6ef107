/** Leads to parts of a long page. Buttons, not links: the address is the console's. */
export function JumpTo({ parts }: { parts: readonly (readonly [selector: string, name: string])[] }) {
  const jump = (selector: string) => {
    const part = document.querySelector<HTMLElement>(selector);
    if (part === null) return;
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
    part.scrollIntoView();
  };
  return (
    <nav className="jump" aria-label="Parts of this page">
      {parts.map(([selector, name]) => <button key={selector} type="button" onClick={() => jump(selector)}>{name}</button>)}
    </nav>
  );
}
