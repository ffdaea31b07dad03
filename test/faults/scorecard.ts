import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { Figure, Scenario } from './scenario.ts';
import type { EngineName } from './stand/database.ts';

/** One scenario in one way, and what came of it. */
export type Run = {
  readonly scenario: Scenario;
  readonly engine: EngineName;
  readonly replicas: number;
  readonly rounds: number;
  readonly seed: number;
  readonly figures: readonly Figure[];
  readonly faults: readonly string[];
  readonly tookMs: number;
};

export type Scorecard = {
  /** Markdown. */
  readonly table: string;
  /** Every figure is within its target, and no fault was found. */
  readonly held: boolean;
  /** Writes it into `docs/faults/latest.json` and the README. */
  publish(): Promise<void>;
};

const path = (from: string): string => fileURLToPath(new URL(`../../${from}`, import.meta.url));
const resultFile = path('docs/faults/latest.json');
const readmeFile = path('README.md');
const engineNames: Readonly<Record<EngineName, string>> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

type Asked = Pick<Run, 'scenario' | 'engine' | 'replicas' | 'rounds' | 'seed'>;

/** The line with which a run can be made again. */
export function describeRun({ scenario, engine, replicas, rounds, seed }: Asked): string {
  return `node test/faults/run.ts --scenario=${scenario.name} --engine=${engine} --replicas=${replicas} --rounds=${rounds} --seed=${seed}`;
}

const isMet = ({ value, target }: Figure): boolean => target === undefined || value <= target;

/** Nothing was found, and every figure is within its target. */
export const isHeld = ({ figures, faults }: Run): boolean =>
  faults.length === 0 && figures.length > 0 && figures.every(isMet);

type Stored = Omit<Run, 'scenario' | 'tookMs'> & { readonly scenario: string; readonly tookSeconds: number };

/** What the last whole run found, in the order of these scenarios' ways. */
export function lastRuns(scenarios: readonly Scenario[]): Run[] {
  const { runs } = JSON.parse(readFileSync(resultFile, 'utf8')) as { readonly runs: readonly Stored[] };
  return scenarios.flatMap((scenario) =>
    scenario.ways.map(({ engine, replicas }): Run => {
      const known = runs.find(
        (run) => run.scenario === scenario.name && run.engine === engine && run.replicas === replicas,
      );
      if (known === undefined)
        return { scenario, engine, replicas, rounds: 0, seed: 0, figures: [], faults: [], tookMs: 0 };
      return { ...known, scenario, tookMs: known.tookSeconds * 1_000 };
    }),
  );
}

function wayOf({ engine, replicas }: Run): string {
  return replicas === 1 ? engineNames[engine] : `${engineNames[engine]}, ${replicas} replicas`;
}

function toLine(run: Run, figure: Figure): string {
  const { name, value, unit, target } = figure;
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
  const verdict = target === undefined ? '' : `≤ ${target} ${isMet(figure) ? '✓' : '✗'}`;
  return `| ${run.scenario.name} | ${wayOf(run)} | ${name} | ${shown} ${unit} | ${verdict} |`;
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

function toJson(runs: readonly Run[], held: boolean): string {
  const shown = runs.map((run) => ({
    scenario: run.scenario.name,
    what: run.scenario.what,
    engine: run.engine,
    replicas: run.replicas,
    rounds: run.rounds,
    seed: run.seed,
    tookSeconds: Math.round(run.tookMs / 1_000),
    figures: run.figures,
    faults: run.faults,
    again: describeRun(run),
  }));
  return `${JSON.stringify({ machine: machine(), held, runs: shown }, null, 2)}\n`;
}

export function createScorecard(runs: readonly Run[]): Scorecard {
  const head = ['| scenario | store | figure | measured | target |', '|---|---|---|---:|---|'];
  const table = [...head, ...runs.flatMap((run) => run.figures.map((figure) => toLine(run, figure)))].join(
    '\n',
  );
  const held = runs.length > 0 && runs.every(isHeld);
  return {
    table,
    held,
    async publish() {
      mkdirSync(dirname(resultFile), { recursive: true });
      const layout = { ...(await resolveConfig(resultFile)), filepath: resultFile };
      writeFileSync(resultFile, await format(toJson(runs, held), layout));
      const text = readFileSync(readmeFile, 'utf8');
      const told = `Found by \`npm run test:faults\` on ${machine()}, in real processes against the simulators ([what is done](docs/faults.md)):`;
      const block = `<!-- faults:begin -->\n${told}\n\n${table}\n<!-- faults:end -->`;
      writeFileSync(
        readmeFile,
        text.replace(/<!-- faults:begin -->[^]*<!-- faults:end -->/, () => block),
      );
    },
  };
}
