import { integrations, type Integration } from '../../e2e/integrations.ts';
import {
  alone,
  chosen,
  enoughFaults,
  outcomeFigures,
  shares,
  type Scenario,
  type ScenarioResult,
  type ScenarioRun,
} from '../scenario.ts';
import { spots, startStand, type Spot, type Stand } from '../stand/stand.ts';

const settleWithinMs = 30_000;
/** Before a kill answers take their time; after it they need not. */
const slow = { firstTokenDelayMs: 30, tokensPerSecond: 200 };
const fast = { firstTokenDelayMs: 5, tokensPerSecond: 4_000 };
const commands = ['/help', '/whoami', '/lang zh'];

type Tally = {
  kills: number;
  taken: number;
  noted: number;
  repeated: number;
  readonly recoveredMs: number[];
  readonly faults: string[];
};

/** `kill -9` at random moments, now and then of the start that follows, too. */
export const killScenario = killsOver(
  'kills',
  100,
  'kill -9 at random moments, over every integration whose replies can be found again',
  integrations.filter(({ traits }) => traits.resumes && traits.live),
);

/** Where a message, once sent, can neither be found again nor be sent under a key, a kill in that moment shows. */
export const killFinalScenario = killsOver(
  'kills-final',
  40,
  'kill -9 at random moments, over the integrations whose replies are sent once, whole',
  integrations.filter(({ traits }) => !(traits.resumes && traits.live)),
);

function killsOver(name: string, long: number, what: string, all: readonly Integration[]): Scenario {
  return {
    name,
    what,
    ways: alone,
    rounds: { long, short: all.length },
    run: (run) => killOver(run, all),
  };
}

async function killOver(run: ScenarioRun, all: readonly Integration[]): Promise<ScenarioResult> {
  const tally: Tally = { kills: 0, taken: 0, noted: 0, repeated: 0, recoveredMs: [], faults: [] };
  const over = chosen(run, all);
  const rounds = shares(run.rounds, over.length);
  for (const [index, { integration, seed }] of over.entries()) {
    if (tally.faults.length > enoughFaults) break;
    await onIntegration({ ...run, rounds: rounds[index] ?? 0, seed }, integration, tally);
  }
  const { kills, taken, noted, repeated } = tally;
  return {
    figures: [
      { name: 'processes killed at random moments', value: kills, unit: 'kills' },
      { name: 'messages taken', value: taken, unit: 'messages' },
      { name: 'of them answered with a note to press Retry', value: noted, unit: 'messages' },
      { name: 'shown twice, where no key exists (DingTalk’s messages)', value: repeated, unit: 'replies' },
      ...outcomeFigures(run, tally),
    ],
    faults: tally.faults,
  };
}

async function onIntegration(run: ScenarioRun, integration: Integration, tally: Tally): Promise<void> {
  if (run.rounds === 0) return;
  run.note(`${integration.name}, ${run.rounds} kills`);
  const stand = await startStand({ ...run, integration });
  try {
    await stand.bringUp();
    for (let round = 0; round < run.rounds; round += 1) {
      const rested = sleep(integration.chatRestMs);
      await killOnce(stand, tally);
      const faults = await stand.judge();
      tally.faults.push(...faults.map((what) => `${integration.name}, kill ${round}: ${what}`));
      if (faults.length > 0) return;
      // What is looked at is what a kill does, not how long a chat must wait that was written to too often.
      if (round + 1 < run.rounds) await rested;
    }
    const { taken, noted, repeated } = await stand.tally();
    tally.taken += taken;
    tally.noted += noted;
    tally.repeated += repeated;
  } finally {
    await stand.stop();
  }
}

async function killOnce(stand: Stand, tally: Tally): Promise<void> {
  const { random, service, qwen } = stand;
  qwen.setSpeed(slow);
  const before = stand.messages.length;
  const count = 1 + Math.floor(random() * 4);
  for (let asked = 0; asked < count; asked += 1) saySomething(stand);
  // Most things happen early, so most kills come early.
  await sleep(random() ** 2 * 2_000);
  await service.end('SIGKILL');
  await stand.noteCutOff();
  tally.kills += 1;
  qwen.setSpeed(fast);
  if (random() < 0.3) {
    await service.start();
    await sleep(random() * 1_000);
    await service.end('SIGKILL');
    await stand.noteCutOff();
  }
  const startedAt = performance.now();
  await stand.bringUp();
  stand.redeliverAll(stand.messages.slice(before));
  if ((await stand.settle(settleWithinMs)) !== undefined)
    tally.recoveredMs.push(performance.now() - startedAt);
}

function saySomething(stand: Stand): void {
  const spot = pick(stand, spots);
  if (stand.random() < 0.15) stand.command(spot, pick(stand, commands as [string, ...string[]]));
  else stand.ask(spot);
}

function pick<Item extends Spot | string>({ random }: Stand, list: readonly [Item, ...Item[]]): Item {
  return list[Math.floor(random() * list.length)] ?? list[0];
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
