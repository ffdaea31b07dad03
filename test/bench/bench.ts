import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAcknowledgement } from './measure/acknowledgement.ts';
import { measureAnswers } from './measure/answers.ts';
import { measureMemory } from './measure/memory.ts';
import { measurePictures } from './measure/pictures.ts';
import { measureRequest } from './measure/request.ts';
import { measureStart } from './measure/start.ts';
import type { Measured, Measurement } from './measurement.ts';
import { machine } from './publish-machine.ts';
import { publish } from './publish.ts';
import { holds, toTable } from './table.ts';

/**
 * `npm run bench` runs all of them and writes the result into `docs/bench` and the README; with `-- --only=name` one of
 * them, which is only shown.
 */
const measurements: readonly Measurement[] = [
  measureStart,
  measureMemory,
  measureAcknowledgement,
  measureRequest,
  measurePictures,
  measureAnswers,
];

/** Processes that want to run; above that some of what is measured is their share. */
const busyLoad = 0.5;

const { values: asked } = parseArgs({ options: { only: { type: 'string' } } });
const chosen = measurements.filter(({ name }) => asked.only === undefined || name === asked.only);
if (chosen.length === 0) {
  console.error(`There is ${measurements.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const startedAt = performance.now();
const [loadAtStart = 0] = loadavg();
const measured: Measured[] = [];
const failed: string[] = [];
for (const [index, measurement] of chosen.entries()) {
  tell(`${index + 1}/${chosen.length} ${measurement.name}: ${measurement.what}`);
  try {
    measured.push(await measurement.run((line) => tell(`    ${line}`)));
  } catch (error) {
    failed.push(measurement.name);
    console.error(error);
  }
}

const figures = measured.flatMap((part) => part.figures);
const curves = measured.flatMap((part) => part.curves ?? []);
const notes = measured.flatMap((part) => part.notes ?? []);
if (loadAtStart > busyLoad)
  notes.unshift(`The machine had other work when the run began (load average ${loadAtStart.toFixed(1)}).`);
console.log(`\n${machine()}\n\n${toTable(figures)}`);
for (const note of notes) console.log(`- ${note}`);
if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}. Nothing was written.`);
else if (asked.only === undefined)
  publish({ machine: machine(), measuredAt: new Date(), tookSeconds: secondsGone(), figures, curves, notes });
tell('done');
// Whatever a simulator may still hold open must not keep the figures from those who wait for the end.
process.exit(failed.length === 0 && figures.every(holds) ? 0 : 1);

function tell(line: string): void {
  console.error(`${String(secondsGone()).padStart(4)} s  ${line}`);
}

function secondsGone(): number {
  return Math.round((performance.now() - startedAt) / 1000);
}
