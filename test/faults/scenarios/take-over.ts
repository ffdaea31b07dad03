import { setTimeout as wait } from 'node:timers/promises';
import { integrations } from '../../e2e/integrations.ts';
import { percentile, type Figure, type Scenario, type ScenarioRun } from '../scenario.ts';
import type { Replica } from '../stand/replica.ts';
import { spots, startStand, type Stand } from '../stand/stand.ts';

/** Any of several processes takes any event. */
const ways = [{ engine: 'postgres', replicas: 2 }] as const;
const settleWithinMs = 60_000;
const takeOverWithinS = 20;
/** Long after every lease of a stopped process is over, and its turns have been taken. */
const leastPauseMs = 17_000;
/** What a process that wakes up may still do wrong, it does at once. */
const afterWakingMs = 2_000;
/** Runs side by side: most of the time is spent waiting for leases to end. */
const sideBySide = 5;
const slow = { firstTokenDelayMs: 30, tokensPerSecond: 40 };
const fast = { firstTokenDelayMs: 5, tokensPerSecond: 4_000 };

type Tally = { times: number; lateWrites: number; readonly tookMs: number[]; readonly faults: string[] };

/** One of the processes is lost in the middle of its answers; gives back once it serves again. */
type Lose = (stand: Stand, lost: Replica, tookOver: () => Promise<void>) => Promise<void>;

const kill: Lose = async (stand, lost, tookOver) => {
  await lost.end('SIGKILL');
  await tookOver();
  await stand.bringUp(lost);
};

const pause: Lose = async (_stand, lost, tookOver) => {
  const stoppedAt = performance.now();
  lost.signal('SIGSTOP');
  await tookOver();
  await wait(Math.max(0, leastPauseMs - (performance.now() - stoppedAt)));
  lost.signal('SIGCONT');
  await wait(afterWakingMs);
};

/** A dead process's answers are ended by the other one. */
export const takeOverScenario: Scenario = {
  name: 'take-over',
  what: 'kill -9 of one of two replicas in the middle of its answers; the other one ends them',
  ways,
  rounds: { long: 20, short: 1 },
  run: (run) => loseOften(run, kill),
};

/** A stopped process's answers are ended by the other one; once it runs again, it must not touch them. */
export const pauseScenario: Scenario = {
  name: 'pause',
  what: 'one of two replicas stopped (SIGSTOP) for longer than its leases, then woken (SIGCONT)',
  ways,
  rounds: { long: 50, short: 1 },
  run: (run) => loseOften(run, pause),
};

async function loseOften(run: ScenarioRun, lose: Lose): Promise<{ figures: Figure[]; faults: string[] }> {
  const tally: Tally = { times: 0, lateWrites: 0, tookMs: [], faults: [] };
  const stands = Math.min(sideBySide, run.rounds);
  await Promise.all(
    Array.from({ length: stands }, async (_, index) => {
      const rounds = Math.floor(run.rounds / stands) + (index < run.rounds % stands ? 1 : 0);
      await onOneStand({ ...run, rounds, seed: run.seed + index }, lose, tally);
    }),
  );
  const seconds = (share: number): number => percentile(tally.tookMs, share) / 1_000;
  return {
    figures: [
      { name: 'replicas lost', value: tally.times, unit: 'times' },
      { name: 'until the other one had ended its answers, median', value: seconds(0.5), unit: 's' },
      {
        name: 'until the other one had ended its answers, p99',
        value: seconds(0.99),
        unit: 's',
        target: takeOverWithinS,
      },
      { name: 'writes with an expired lease', value: tally.lateWrites, unit: 'writes', target: 0 },
      { name: 'lost, doubled or unfinished replies', value: tally.faults.length, unit: 'replies', target: 0 },
    ],
    faults: tally.faults,
  };
}

async function onOneStand(run: ScenarioRun, lose: Lose, tally: Tally): Promise<void> {
  const integration = integrations.find(({ name }) => name === 'Feishu, webhook');
  if (integration === undefined) throw new Error('the integration is not there any more');
  const stand = await startStand({ ...run, integration });
  try {
    for (const replica of stand.replicas) await stand.bringUp(replica);
    await stand.database.watchLeases();
    for (let round = 0; round < run.rounds; round += 1) {
      await loseOnce(stand, round, lose, tally);
      const faults = await stand.judge();
      tally.faults.push(...faults.map((what) => `seed ${run.seed}, round ${round}: ${what}`));
      if (faults.length > 0) return;
    }
    tally.lateWrites += await stand.database.lateWrites();
  } finally {
    await stand.stop();
  }
}

async function loseOnce(stand: Stand, round: number, lose: Lose, tally: Tally): Promise<void> {
  const { qwen, replicas, random } = stand;
  const lost = replicas[round % replicas.length];
  if (lost === undefined) return;
  qwen.setSpeed(slow);
  const before = stand.messages.length;
  for (const spot of spots) stand.ask(spot);
  await wait(random() * 1_500);
  const lostAt = performance.now();
  await lose(stand, lost, async () => {
    qwen.setSpeed(fast);
    stand.redeliverAll(stand.messages.slice(before));
    if ((await stand.settle(settleWithinMs)) !== undefined) tally.tookMs.push(performance.now() - lostAt);
  });
  tally.times += 1;
}
