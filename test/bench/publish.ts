import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toChart } from './chart.ts';
import type { Measured } from './measurement.ts';
import { toTable } from './table.ts';

/** What one whole run found, and on what. */
export type Result = Required<Measured> & {
  readonly machine: string;
  readonly measuredAt: Date;
  readonly tookSeconds: number;
};

const folder = fileURLToPath(new URL('../../docs/bench', import.meta.url));
const readmeFile = fileURLToPath(new URL('../../README.md', import.meta.url));

/** Writes the result as JSON, the charts, and both into the README, so that what stands there is what was measured. */
export function publish(result: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/latest.json`, `${JSON.stringify(result, null, 2)}\n`);
  const charts = new Map(result.curves.map((curve) => [`${toFileName(curve.name)}.svg`, toChart(curve)]));
  for (const name of readdirSync(folder))
    if (name.endsWith('.svg') && !charts.has(name)) rmSync(`${folder}/${name}`);
  for (const [name, svg] of charts) writeFileSync(`${folder}/${name}`, svg);
  const text = readFileSync(readmeFile, 'utf8');
  const block = `<!-- figures:begin -->\n${toReadme(result)}\n<!-- figures:end -->`;
  writeFileSync(
    readmeFile,
    text.replace(/<!-- figures:begin -->[^]*<!-- figures:end -->/, () => block),
  );
}

/** The block between the README's marks, without them. */
export function toReadme({ machine, measuredAt, figures, curves, notes }: Result): string {
  const day = measuredAt.toISOString().slice(0, 10);
  const charts = curves.map(({ name }) => `![${name}](docs/bench/${toFileName(name)}.svg)`);
  return [
    `Measured by \`npm run bench\` on ${machine}, against the simulators, ${day}. *Floor*: a bare pass-through that does nothing else, or the best that the platform's limits permit, in the same run.`,
    charts.join('\n'),
    toTable(figures),
    notes.map((note) => `- ${note}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function toFileName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
