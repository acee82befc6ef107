/** The way out where nothing on the page can help itself. */
export function LoadAgain() {
  return <button type="button" className="button" onClick={() => location.reload()}>Load the page again</button>;
}
