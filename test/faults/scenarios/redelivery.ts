import { integrations, type Integration } from '../../e2e/integrations.ts';
import { aloneAndTogether, chosen, shares, type Scenario, type ScenarioRun } from '../scenario.ts';
import { spots, startStand, type Message, type Stand } from '../stand/stand.ts';

const redelivering = integrations.filter(({ traits }) => traits.redelivers);
/** Answers are short in time: what is looked at is whether there are too many of them. */
const speed = { firstTokenDelayMs: 5, tokensPerSecond: 6_000 };
const settleWithinMs = 30_000;
/** Where a chat takes few messages a minute, the last answer may have to wait for the next one. */
const settleInNextMinuteMs = 100_000;
/** Deliveries of one message beside its first: at once, while it is answered, after it was, and after a restart. */
const perMessage = 16;
const restartsInAll = 20;

type Tally = { redeliveries: number; restarts: number; taken: number; readonly faults: string[] };

/** Every message is delivered again and again, across restarts; each must be answered once. */
export const redeliveryScenario: Scenario = {
  name: 'redelivery',
  what: `every message delivered ${perMessage} times more, at every moment of its life, across ${restartsInAll} restarts`,
  ways: aloneAndTogether,
  rounds: { long: 10_000, short: 400 },
  async run(run) {
    const tally: Tally = { redeliveries: 0, restarts: 0, taken: 0, faults: [] };
    const over = chosen(run, redelivering);
    const rounds = shares(run.rounds, over.length);
    const restarts = shares(restartsInAll, over.length);
    for (const [index, { integration, seed }] of over.entries()) {
      const part = { ...run, rounds: rounds[index] ?? 0, seed };
      await onIntegration(part, integration, restarts[index] ?? 0, tally);
      if (tally.faults.length > 0) break;
    }
    return {
      figures: [
        { name: 'events delivered again', value: tally.redeliveries, unit: 'events' },
        { name: 'restarts meanwhile', value: tally.restarts, unit: 'restarts' },
        { name: 'messages answered', value: tally.taken, unit: 'messages' },
        { name: 'double replies', value: tally.faults.length, unit: 'replies', target: 0 },
      ],
      faults: tally.faults,
    };
  },
};

async function onIntegration(
  run: ScenarioRun,
  integration: Integration,
  restarts: number,
  tally: Tally,
): Promise<void> {
  run.note(`${integration.name}, ${run.rounds} redeliveries`);
  const stand = await startStand({ ...run, integration });
  const withinMs = integration.chatRestMs === 0 ? settleWithinMs : settleInNextMinuteMs;
  let done = 0;
  let restarted = 0;
  try {
    stand.qwen.setSpeed(speed);
    for (const replica of stand.replicas) await stand.bringUp(replica);
    while (done < run.rounds) {
      const restart = done >= (run.rounds * (restarted + 1)) / (restarts + 1);
      done += await oneRound(stand, restart);
      if (restart) restarted += 1;
      if ((await stand.settle(withinMs)) === undefined) break;
    }
    const faults = await stand.judge();
    tally.faults.push(...faults.map((what) => `${integration.name}: ${what}`));
    tally.taken += (await stand.tally()).taken;
  } finally {
    tally.redeliveries += done;
    tally.restarts += restarted;
    await stand.stop();
  }
}

/** Three people ask; gives back how many deliveries were repeated. */
async function oneRound(stand: Stand, restart: boolean): Promise<number> {
  const { random, replicas } = stand;
  const asked = spots.map((spot) => stand.ask(spot));
  let times = 0;
  const again = (message: Message | undefined, count: number): void => {
    if (message === undefined) return;
    stand.redeliver(message, count);
    times += count;
  };
  const atOnce = 4;
  for (const message of asked) again(message, atOnce);
  for (let more = atOnce; more < perMessage - atOnce; more += 1) {
    await sleep(random() * 60);
    for (const message of asked) again(message, 1);
  }
  if (restart) {
    const replica = replicas[Math.floor(random() * replicas.length)];
    if (replica !== undefined) {
      await replica.end('SIGKILL');
      await stand.noteCutOff();
      await stand.bringUp(replica);
    }
    for (const message of asked) again(message, 1);
  }
  // Platforms were seen to deliver again after hours; here it is any message of the run.
  for (let late = 0; late < atOnce * asked.length; late += 1)
    again(stand.messages[Math.floor(random() * stand.messages.length)], 1);
  return times;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
