// Figures with their spread, as rows of Markdown.

const HEADS = ['events a message', 'client', 'thousand events a second', 'to raw', 'main thread, µs an event', 'to raw'];

/** Puts the runs of each contestant beside those of the first of its kind, round by round. */
export function table(contestants, runs) {
  const rows = contestants.map(({ batch, name, beside }, index) => {
    const own = runs[index];
    const raw = runs[beside];
    const ratio = (key) => median(own.map((run, round) => run[key] / raw[round][key])).toFixed(2);
    return [batch, name, spread(own, 'rate'), ratio('rate'), spread(own, 'cpu'), ratio('cpu')];
  });
  return [HEADS, HEADS.map((_, column) => column === 1 ? '---' : '---:'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** `median (lowest–highest)` */
function spread(runs, key) {
  const figures = runs.map((run) => run[key]);
  return `${median(figures).toFixed(1)} (${Math.min(...figures).toFixed(1)}–${Math.max(...figures).toFixed(1)})`;
}

function median(figures) {
  return [...figures].sort((one, other) => one - other)[figures.length >> 1];
}
