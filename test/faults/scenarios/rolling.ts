import { setTimeout as wait } from 'node:timers/promises';
import { integrations } from '../../e2e/integrations.ts';
import { aloneAndTogether, type Scenario, type ScenarioRun } from '../scenario.ts';
import { spots, startStand, type Stand } from '../stand/stand.ts';

const settleWithinMs = 60_000;
const graceMs = 4_000;
/** `SHUTDOWN_GRACE_MS` and what may come after it, below the ten seconds of `docker stop`. */
const exitWithinMs = graceMs + 3_000;
const speed = { firstTokenDelayMs: 30, tokensPerSecond: 150 };

type Tally = { restarts: number; disorderly: number; late: number; noted: number; readonly faults: string[] };

/** SIGTERM to one replica after the other while people ask: each ends in order, and nobody notices. */
export const rollingScenario: Scenario = {
  name: 'rolling',
  what: 'SIGTERM to one process after the other under load',
  ways: aloneAndTogether,
  rounds: { long: 10, short: 2 },
  async run(run) {
    const tally: Tally = { restarts: 0, disorderly: 0, late: 0, noted: 0, faults: [] };
    await restartUnderLoad(run, tally);
    return {
      figures: [
        { name: 'orderly restarts under load', value: tally.restarts, unit: 'restarts' },
        { name: 'exits with another code than 0', value: tally.disorderly, unit: 'exits', target: 0 },
        { name: `exits later than ${exitWithinMs / 1_000} s`, value: tally.late, unit: 'exits', target: 0 },
        { name: 'answers that people saw end with an error', value: tally.noted, unit: 'answers', target: 0 },
        {
          name: 'lost, doubled or unfinished replies',
          value: tally.faults.length,
          unit: 'replies',
          target: 0,
        },
      ],
      faults: tally.faults,
    };
  },
};

async function restartUnderLoad(run: ScenarioRun, tally: Tally): Promise<void> {
  const integration = integrations.find(({ name }) => name === 'Feishu, webhook');
  if (integration === undefined) throw new Error('the integration is not there any more');
  const environment = { SHUTDOWN_GRACE_MS: String(graceMs) };
  const stand = await startStand({ ...run, integration, environment });
  try {
    stand.qwen.setSpeed(speed);
    for (const replica of stand.replicas) await stand.bringUp(replica);
    for (let round = 0; round < run.rounds; round += 1)
      for (const index of stand.replicas.keys()) await restartOne(stand, index, tally);
    tally.faults.push(...(await stand.judge()));
    tally.noted = (await stand.tally()).noted;
  } finally {
    await stand.stop();
  }
}

async function restartOne(stand: Stand, index: number, tally: Tally): Promise<void> {
  const replica = stand.replicas[index];
  if (replica === undefined) return;
  const before = stand.messages.length;
  for (const spot of spots) stand.ask(spot);
  await wait(stand.random() * 800);
  const startedAt = performance.now();
  const ending = replica.end('SIGTERM');
  await wait(50);
  for (const spot of spots.slice(1)) stand.ask(spot);
  const code = await ending;
  tally.restarts += 1;
  if (code !== 0) tally.disorderly += 1;
  if (performance.now() - startedAt > exitWithinMs) tally.late += 1;
  await stand.bringUp(replica);
  stand.redeliverAll(stand.messages.slice(before));
  await stand.settle(settleWithinMs);
}
