import { parseArgs } from 'node:util';
import { startPostgresServer } from '../fakes/postgres-server.ts';
import { scenarios } from './scenarios.ts';
import type { Scenario } from './scenario.ts';
import type { EngineName } from './stand/database.ts';
import { createScorecard, describeRun, isHeld, lastRuns, type Run } from './scorecard.ts';

// `npm run test:faults`: everything that is done to the service, at length, with the scorecard in the end. See docs/faults.md.

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    engine: { type: 'string' },
    replicas: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
    integration: { type: 'string' },
    short: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '3' },
    again: { type: 'boolean', default: false },
  },
});

const unknown = (values.scenario ?? []).filter((name) => !scenarios.some((known) => known.name === name));
if (unknown.length > 0) {
  console.error(
    `no scenario ${unknown.join(', ')}; there are: ${scenarios.map(({ name }) => name).join(', ')}`,
  );
  process.exit(64);
}

/** Started when the first scenario asks for it; `TEST_DATABASE_URL` takes its place. */
let starting: ReturnType<typeof startPostgresServer> | undefined;
async function server(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return given;
  starting ??= startPostgresServer();
  const started = await starting;
  if (started === undefined)
    throw new Error('PostgreSQL: no binaries for this platform; set TEST_DATABASE_URL');
  return started.url;
}

const seed = Number(values.seed ?? Date.now() % 1_000_000);

type Way = { readonly engine: EngineName; readonly replicas: number };

const wanted = ({ engine, replicas }: Way): boolean =>
  (values.engine ?? engine) === engine && Number(values.replicas ?? replicas) === replicas;

async function runOne(scenario: Scenario, way: Way): Promise<Run> {
  const rounds = Number(values.rounds ?? scenario.rounds[values.short ? 'short' : 'long']);
  const asked = { scenario, ...way, rounds, seed };
  const name = `${scenario.name}, ${way.engine}, ${way.replicas}`;
  const note = (line: string): void => console.log(`${name}: ${line}`);
  note(describeRun(asked));
  const startedAt = performance.now();
  const { figures, faults } = await scenario
    .run({ ...way, rounds, seed, only: values.integration, server, note })
    .catch((error: unknown) => ({
      figures: [],
      faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    }));
  for (const fault of faults) note(`FAULT ${fault}`);
  const tookMs = performance.now() - startedAt;
  note(`${faults.length === 0 ? 'done' : 'FAILED'} in ${Math.round(tookMs / 1000)} s`);
  return { ...asked, figures, faults, tookMs };
}

// With `--again` what held in the last whole run stays, and the rest is done anew.
const runs: Run[] = values.again ? lastRuns(scenarios) : [];
const held = ({ scenario, way }: { readonly scenario: Scenario; readonly way: Way }): boolean =>
  runs.some((run) => run.scenario === scenario && isSame(run, way) && isHeld(run));
const isSame = (one: Way, other: Way): boolean =>
  one.engine === other.engine && one.replicas === other.replicas;

const isAsked = ({ scenario, way }: { readonly scenario: Scenario; readonly way: Way }): boolean =>
  (values.scenario?.includes(scenario.name) ?? true) && wanted(way);
// Each has its place in the scorecard, whichever are asked for.
const toDo = scenarios
  .flatMap((scenario) => scenario.ways.map((way) => ({ scenario, way })))
  .map((each, index) => ({ ...each, index }))
  .filter((each) => isAsked(each) && !held(each))
  .values();
// Most of a run is waiting, for leases above all; each has services, simulators and a database of its own.
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (const { index, scenario, way } of toDo) runs[index] = await runOne(scenario, way);
  }),
);
await (await starting)?.remove();

const card = createScorecard(Object.values(runs)); // without the places of those that were not asked for
console.log(`\n${card.table}`);
// What stands in the README is what a whole run found, and nothing else.
const chosen = values.scenario ?? values.engine ?? values.replicas ?? values.rounds ?? values.integration;
if (chosen === undefined && !values.short) await card.publish();
process.exit(card.held ? 0 : 1);
