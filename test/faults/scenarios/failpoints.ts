import { integrations, type Integration } from '../../e2e/integrations.ts';
import { plainPicture } from '../../support/pictures.ts';
import { failpoints, nameOf, type Failpoint } from '../failpoints/points.ts';
import { alone, chosen, enoughFaults, outcomeFigures, type Scenario, type ScenarioRun } from '../scenario.ts';
import { spots, startStand, type Stand } from '../stand/stand.ts';

/** Ways in which every step of a turn's life is reached: replies that grow, and can be gone on in after a restart. */
const growing = integrations.filter(({ traits }) => traits.live && traits.resumes && traits.redelivers);
/** The others: what is whole at once is shown there, too, and a successor must know whether it was. */
const others = integrations.filter((integration) => !growing.includes(integration));
const whole = failpoints.filter(({ step }) => step === 'whole');
const dieWithinMs = 20_000;
const settleWithinMs = 30_000;
/** Slow enough that an answer is edited some times; for `partial` so slow that it is stored while it grows. */
const speedFor = ({ step }: Failpoint) => ({
  firstTokenDelayMs: 20,
  tokensPerSecond: step === 'partial' ? 25 : 120,
});

type Tally = { kills: number; readonly recoveredMs: number[]; readonly faults: string[] };

/** The service process dies exactly at one step of a turn's life, is started again, and everything must come to its end. */
export const failpointScenario: Scenario = {
  name: 'failpoints',
  what: `kill -9 exactly before and after each step of a turn's life (${failpoints.length} failpoints)`,
  ways: alone,
  rounds: { long: 4, short: 1 },
  async run(run) {
    const tally: Tally = { kills: 0, recoveredMs: [], faults: [] };
    for (let round = 0; round < run.rounds; round += 1) {
      await oneRound(run, round, growing, failpoints, tally);
      await oneRound(run, round, others, whole, tally);
    }
    return {
      figures: [
        { name: 'processes killed at a failpoint', value: tally.kills, unit: 'kills' },
        ...outcomeFigures(run, tally),
      ],
      faults: tally.faults,
    };
  },
};

/** Another of `all` in each round. */
async function oneRound(
  run: ScenarioRun,
  round: number,
  all: readonly Integration[],
  points: readonly Failpoint[],
  tally: Tally,
): Promise<void> {
  const over = chosen(run, all);
  const next = over[(round + run.seed) % over.length];
  if (next === undefined) return;
  const { integration, seed } = next;
  run.note(integration.name);
  const stand = await startStand({ ...run, integration, seed });
  try {
    await stand.bringUp();
    for (const failpoint of points) {
      const startedAt = performance.now();
      const fault = await killAt(stand, failpoint, tally);
      const tookMs = Math.round(performance.now() - startedAt);
      run.note(`  ${nameOf(failpoint)}: ${fault ?? 'killed'}, ${tookMs} ms`);
      if (fault !== undefined) tally.faults.push(`${integration.name}, ${nameOf(failpoint)}: ${fault}`);
      // What is wrong stays so; further steps would only tell it again.
      const faults = await stand.judge();
      tally.faults.push(...faults.map((what) => `${integration.name}, ${nameOf(failpoint)}: ${what}`));
      if (faults.length > 0 || tally.faults.length > enoughFaults) return;
    }
  } finally {
    await stand.stop();
  }
}

async function killAt(stand: Stand, failpoint: Failpoint, tally: Tally): Promise<string | undefined> {
  const { service, qwen } = stand;
  qwen.setSpeed(speedFor(failpoint));
  const before = stand.messages.length;
  if (failpoint.step === 'resume') {
    // There must be something to find again: the first process dies while its reply stands open.
    stand.order({ kill: { step: 'update', moment: 'after', nth: 1 } });
    await provoke(stand, failpoint);
    if (!(await service.died(dieWithinMs))) return 'the first process did not come so far';
    tally.kills += 1;
    await stand.noteCutOff();
    stand.order({ kill: failpoint });
    await service.start();
  } else {
    stand.order({ kill: failpoint });
    await provoke(stand, failpoint);
  }
  if (!(await service.died(dieWithinMs))) {
    stand.order({});
    return 'never reached';
  }
  tally.kills += 1;
  await stand.noteCutOff();
  qwen.setSpeed({ firstTokenDelayMs: 5, tokensPerSecond: 4_000 });
  const startedAt = performance.now();
  await stand.bringUp();
  // Until it is acknowledged the platform delivers again; what had been must not be answered twice.
  stand.redeliverAll(stand.messages.slice(before));
  if ((await stand.settle(settleWithinMs)) !== undefined)
    tally.recoveredMs.push(performance.now() - startedAt);
  return undefined;
}

/** Somebody says what leads to this step; two others speak elsewhere at the same time. */
async function provoke(stand: Stand, { step }: Failpoint): Promise<void> {
  const [spot, ...others] = spots;
  if (step === 'whole') stand.command(spot, '/whoami');
  else if (step === 'picture') stand.ask(spot, [await plainPicture('#3366cc')]);
  else stand.ask(spot);
  for (const other of others) stand.ask(other);
}
