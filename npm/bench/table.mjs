// Figures with their spread, as rows of Markdown.

const HEADS = ['events a message', 'client', 'thousand events a second', 'to raw', 'main thread, µs an event', 'to raw'];

/** Puts the runs of each contestant beside those of the last yardstick before it, round by round. */
export function table(contestants, runs, isYardstick) {
  let raw;
  const rows = contestants.map((contestant, index) => {
    const own = runs[index];
    if (isYardstick(contestant)) raw = own;
    const ratio = (key) => median(own.map((run, round) => run[key] / raw[round][key])).toFixed(2);
    return [contestant.batch, contestant.name, spread(own, 'rate'), ratio('rate'), spread(own, 'cpu'), ratio('cpu')];
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
