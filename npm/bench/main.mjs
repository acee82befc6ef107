// node main.mjs SERVER [--quick] [--write]: measures, prints the table, and puts it into docs/benchmarks.md.

import { readFile, writeFile } from 'node:fs/promises';

import { Stage } from './browser.mjs';
import { Feed } from './feed.mjs';
import { Server } from './server.mjs';
import { table } from './table.mjs';
import * as wires from './wires.mjs';

const PAGE = new URL('../../docs/benchmarks.md', import.meta.url);
const [BEGIN, END] = ['<!-- table: written by `cargo xtask bench browser --write` -->', '<!-- end of the table -->'];

/** The events of a run, those that only warm up and those that are timed: whole messages of 64. */
const FULL = { warm: 5_120, events: 20_480, rounds: 9, seconds: 100 };
const QUICK = { warm: 1_024, events: 3_072, rounds: 3, seconds: 30 };

/** Fewer rounds say nothing, however slow the machine is. */
const FEWEST_ROUNDS = 3;

/** Who is measured, by how many events a message brings. Each is put beside the raw loop that comes last before it. */
const CONTESTANTS = [
  { batch: 1, client: 'raw', wire: wires.frames, name: 'raw WebSocket, `JSON.parse`, the same messages' },
  { batch: 1, client: 'raw', wire: wires.plain, name: 'raw WebSocket, `JSON.parse`, the bare envelope' },
  { batch: 1, client: 'steadfast', wire: wires.steadfast, name: '**Steadfast**' },
  { batch: 'what waits', client: 'steadfast', name: '**Steadfast**, from the real server' },
  { batch: 1, client: 'centrifuge', wire: wires.centrifuge, name: 'centrifuge-js' },
  { batch: 1, client: 'socketIo', wire: wires.socketIo, name: 'socket.io-client' },
  ...[16, 64].flatMap((batch) => [
    { batch, client: 'raw', wire: wires.frames, name: 'raw WebSocket, `JSON.parse`, the same messages' },
    { batch, client: 'steadfast', wire: wires.steadfast, name: '**Steadfast**' },
    { batch, client: 'centrifuge', wire: wires.centrifuge, name: 'centrifuge-js' },
  ]),
];

const [program, ...options] = process.argv.slice(2);
try {
  const unknown = options.find((option) => !['--quick', '--write'].includes(option));
  if (unknown) throw new Error(`\`${unknown}\` is unknown; there are --quick and --write`);
  const text = await measure(options.includes('--quick') ? QUICK : FULL);
  console.log(`\n${text}`);
  if (options.includes('--write')) await write(text);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** Lets the contestants take turns, each round beginning with another, and gives the table. */
async function measure(plan) {
  const { warm, events, rounds, seconds } = plan;
  const opened = [];
  try {
    const keep = (thing) => {
      opened.push(thing);
      return thing;
    };
    const stage = keep(await Stage.open());
    const feeds = [];
    for (const { wire, batch } of CONTESTANTS) {
      feeds.push(keep(wire ? await Feed.start(wire, plan, batch) : await Server.start(program, plan)));
    }
    const runs = CONTESTANTS.map(() => []);
    const deadline = performance.now() + seconds * 1_000;
    for (let round = 0; round < rounds && (round < FEWEST_ROUNDS || performance.now() < deadline); round += 1) {
      for (let turn = 0; turn < CONTESTANTS.length; turn += 1) {
        const index = (turn + round) % CONTESTANTS.length;
        const { name, batch, client } = CONTESTANTS[index];
        const run = await stage.run({ client, feed: feeds[index] }, plan).catch((error) => {
          throw new Error(`${name}, events a message: ${batch}: ${error.message}`);
        });
        runs[index].push(run);
      }
      console.log(`round ${round + 1} of at most ${rounds}`);
    }
    return `${events.toLocaleString('en')} events after ${warm.toLocaleString('en')} that warm up; medians of ${runs[0].length} rounds `
      + `(lowest–highest), ratios round by round.\nChromium ${stage.browser.version()}.\n\n${table(CONTESTANTS, runs, ({ wire }) => wire === wires.frames)}`;
  } finally {
    await Promise.all(opened.map((thing) => thing.close()));
  }
}

async function write(text) {
  const page = await readFile(PAGE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`docs/benchmarks.md has no \`${BEGIN}\` before \`${END}\`; put them back`);
  await writeFile(PAGE, `${page.slice(0, before + BEGIN.length)}\n\n${text}\n\n${page.slice(after)}`);
  console.log('\nthe table of docs/benchmarks.md is written');
}
