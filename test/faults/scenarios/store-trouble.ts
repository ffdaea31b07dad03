import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { dingtalkTemplate } from '../../contract/dingtalk-harness.ts';
import { dingtalkStageOn, dingtalkTraits } from '../../e2e/dingtalk-stage.ts';
import { startDingTalkSimulator } from '../../simulators/dingtalk/simulator.ts';
import type { DiskState } from '../failpoints/control.ts';
import { percentile, type Scenario, type ScenarioRun } from '../scenario.ts';
import { marksIn } from '../stand/marks.ts';
import { spots, startStand, type Message, type Stand } from '../stand/stand.ts';

/** Trouble that passes: what is done, and how it is undone. */
type Trouble = { readonly name: string; readonly lastsMs: number; begin(stand: Stand): () => void };

/** Somebody else holds the write lock: a backup, a shell that was left open. */
const locked: Trouble = {
  name: 'locked',
  lastsMs: 8_000,
  begin({ database }) {
    const other = new DatabaseSync(database.file, { timeout: 2_000 });
    other.exec('begin immediate');
    return () => {
      other.exec('rollback');
      other.close();
    };
  },
};

const disk = (state: DiskState, name: string): Trouble => ({
  name,
  lastsMs: 4_000,
  begin(stand) {
    stand.order({ disk: state });
    return () => stand.order({});
  },
});

/** The database's machine is gone; in short runs it comes back sooner. */
const gone = (lastsMs: number): Trouble => ({
  name: `gone for ${lastsMs / 1_000} s`,
  lastsMs,
  begin({ network, database }) {
    const proxy = network?.byPort.get(Number(new URL(database.environment['DATABASE_URL'] ?? '').port));
    if (proxy === undefined) throw new Error('no proxy stands before the database');
    proxy.refuse();
    return () => proxy.heal();
  },
});

const goneMs = { long: 60_000, short: 5_000 };
const recoverWithinMs = 10_000;
const settleWithinMs = 60_000;

type Tally = {
  readonly recoveredMs: number[];
  unready: number;
  troubles: number;
  lied: number;
  readonly faults: string[];
};

/** The store cannot be written for a while, under load: intake pauses, nothing is lost, and all is well soon after. */
export const storeTroubleScenario: Scenario = {
  name: 'store-trouble',
  what: 'the database locked, full, read-only or gone while people ask',
  ways: [
    { engine: 'sqlite', replicas: 1 },
    { engine: 'postgres', replicas: 1 },
  ],
  rounds: { long: 3, short: 1 },
  async run(run) {
    const tally: Tally = { recoveredMs: [], unready: 0, troubles: 0, lied: 0, faults: [] };
    const goneFor = run.rounds >= 3 ? goneMs.long : goneMs.short;
    const troubles =
      run.engine === 'postgres'
        ? [gone(goneFor)]
        : [locked, disk('full', 'full'), disk('read-only', 'read-only')];
    await throughAll(run, troubles, tally);
    return {
      figures: [
        { name: 'troubles of the store', value: tally.troubles, unit: 'times' },
        {
          name: 'of them not told by /readyz',
          value: tally.troubles - tally.unready,
          unit: 'times',
          target: 0,
        },
        { name: 'messages acknowledged but not stored', value: tally.lied, unit: 'messages', target: 0 },
        {
          name: 'until ready again, longest',
          value: percentile(tally.recoveredMs, 1) / 1_000,
          unit: 's',
          target: recoverWithinMs / 1_000,
        },
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

/** DingTalk's Stream, with the simulator at hand: it knows of each message whether it was acknowledged. */
async function startWatched(run: ScenarioRun) {
  const setting = { mode: 'stream', cards: true } as const;
  const sim = await startDingTalkSimulator({ templates: [dingtalkTemplate] });
  const integration = {
    name: 'DingTalk, Stream',
    traits: dingtalkTraits(setting),
    create: async () => dingtalkStageOn(sim, setting),
    groups: true,
    chatRestMs: 0,
  };
  const stand = await startStand({ ...run, integration, proxied: run.engine === 'postgres' });
  const acknowledged = ({ sent }: Message): boolean =>
    sim.deliveries().some(({ msgId, state }) => msgId === sent.id && state === 'acknowledged');
  return { ...stand, acknowledged };
}

type Watched = Awaited<ReturnType<typeof startWatched>>;

async function throughAll(run: ScenarioRun, troubles: readonly Trouble[], tally: Tally): Promise<void> {
  const stand = await startWatched(run);
  try {
    // Administrators are told of it.
    stand.expectAlerts();
    await stand.bringUp();
    for (let round = 0; round < run.rounds; round += 1)
      for (const trouble of troubles) {
        run.note(trouble.name);
        await endure(stand, trouble, tally);
        const faults = await stand.judge();
        tally.faults.push(...faults.map((what) => `${trouble.name}, round ${round}: ${what}`));
        if (faults.length > 0) return;
      }
  } finally {
    await stand.stop();
  }
}

async function endure(stand: Watched, trouble: Trouble, tally: Tally): Promise<void> {
  const { service } = stand;
  const before = stand.messages.length;
  for (const spot of spots) stand.ask(spot);
  await wait(100);
  const undo = trouble.begin(stand);
  const endsAt = performance.now() + trouble.lastsMs;
  let unready = false;
  while (performance.now() < endsAt) {
    for (const spot of spots) stand.ask(spot);
    await wait(Math.min(1_000, trouble.lastsMs / 4));
    unready ||= (await service.readiness()) !== 200;
  }
  // In a full file little things may still find room: then there is nothing to tell.
  if (unready || !stand.messages.slice(before).every(stand.acknowledged)) tally.troubles += 1;
  if (unready) tally.unready += 1;
  undo();
  const startedAt = performance.now();
  while ((await service.readiness()) !== 200) {
    if (performance.now() - startedAt > 3 * recoverWithinMs) break;
    await wait(25);
  }
  tally.recoveredMs.push(performance.now() - startedAt);
  tally.lied += await countLies(stand);
  // What was not acknowledged comes again, as the platform does after seconds, minutes and hours.
  stand.redeliverAll(stand.messages.slice(before));
  await stand.settle(settleWithinMs);
}

/** Messages for which the platform has our word, and which nobody would find after a crash. */
async function countLies({ messages, acknowledged, database }: Watched): Promise<number> {
  const claimed = messages.filter(acknowledged);
  const stored = new Set((await database.turns()).flatMap(({ text }) => marksIn(text)));
  return claimed.filter(({ mark }) => mark !== undefined && !stored.has(mark)).length;
}
