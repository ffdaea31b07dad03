import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { feishuCapabilities } from '../../../adapters/feishu/capabilities.ts';
import { readFeishuConfig } from '../../../adapters/feishu/config.ts';
import { measureFloor, type Floor } from '../floor.ts';
import { idealFigures, type IdealFigures } from '../ideal.ts';
import { runLoad, type Load, type LoadOutcome } from '../stand/load.ts';
import { notingEnvironment, snapshotsBehindMs } from '../stand/snapshots/notes.ts';
import { startStand } from '../stand/stand.ts';
import { percentile } from '../statistics.ts';
import { observedFigures } from './answers-lag.ts';

export type AnswerLoad = Load & {
  /** How often it is run on one service, one after the other; of several the first warms up for the processor's figures. */
  readonly rounds: number;
  /** Tokens of each answer where the bare pass-through is measured; the same for every token, so it may be less. */
  readonly floorTokens: number;
};

/** What one load gave. Memory in megabytes (10⁶ bytes), everything else in the unit of its name. */
export type LoadFigures = {
  readonly replies: number;
  /** From an event to the request it leads to: the first after the start, if one was put before the load, and the others. */
  readonly firstRequestMs: number | undefined;
  readonly requestMs: readonly number[];
  /** Of replies that were shown to their end. */
  readonly observed: IdealFigures | undefined;
  readonly ideal: IdealFigures | undefined;
  readonly callsPerAnswer: number;
  readonly refused: number;
  readonly processorSecondsPer1000: number;
  readonly mostMebibytes: number;
  readonly snapshotsBehindP99Ms: number;
  readonly floor: Floor;
  readonly notes: readonly string[];
};

/** From here on the platform's minute has no call left for a question before the load. */
const noWarmUpFrom = 500;
/** Timers later than this show on figures of tens of milliseconds. */
const busyMs = 20;

export async function measureLoad(load: AnswerLoad): Promise<LoadFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-notes-'));
  const notesFile = join(folder, 'notes');
  try {
    const floor = await measureFloor({ ...load, tokens: load.floorTokens });
    const { firstRequestMs, outcomes } = await runRounds(load, notesFile);
    const warm = outcomes.length > 1 ? outcomes.slice(1) : outcomes;
    const all = outcomes.flatMap(({ replies }) => replies);
    const sum = (of: (outcome: LoadOutcome) => number, among = outcomes): number =>
      among.reduce((total, outcome) => total + of(outcome), 0);
    return {
      replies: load.replies,
      firstRequestMs,
      requestMs: all.map(({ seen, sent }) => sent.requestedAt - seen.askedAt),
      observed: load.untilClosed ? observedFigures(all) : undefined,
      ideal: load.untilClosed ? meanIdeal(outcomes) : undefined,
      callsPerAnswer: sum(({ calls }) => calls) / all.length,
      refused: sum(({ refused }) => refused),
      processorSecondsPer1000:
        (sum(({ processorSeconds }) => processorSeconds, warm) / sum(({ tokens }) => tokens, warm)) * 1000,
      mostMebibytes: Math.max(...outcomes.map(({ mostMebibytes }) => mostMebibytes)),
      snapshotsBehindP99Ms: percentile(snapshotsBehindMs(notesFile, all), 0.99),
      floor,
      notes: outcomes.flatMap((outcome) => busyNotes(load, outcome)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runRounds(
  load: AnswerLoad,
  notesFile: string,
): Promise<{ readonly firstRequestMs: number | undefined; readonly outcomes: readonly LoadOutcome[] }> {
  const stand = await startStand({
    concurrency: Math.max(16, load.replies),
    environment: notingEnvironment(notesFile),
  });
  try {
    let firstRequestMs: number | undefined;
    if (load.replies < noWarmUpFrom) {
      const single = {
        replies: 1,
        spreadMs: 0,
        tokens: 10,
        intervalMs: 20,
        firstTokenMs: 50,
        untilClosed: true,
      };
      const [first] = (await runLoad(stand, single)).replies;
      if (first !== undefined) firstRequestMs = first.sent.requestedAt - first.seen.askedAt;
    }
    const outcomes: LoadOutcome[] = [];
    for (let round = 0; round < load.rounds; round += 1) outcomes.push(await runLoad(stand, load));
    const errors = stand.service.log.filter(({ level }) => level === 'error');
    if (errors.length > 0) throw new Error(`the service logged errors: ${JSON.stringify(errors[0])}`);
    return { firstRequestMs, outcomes };
  } finally {
    await stand.stop();
  }
}

/** Each round has its own moments, so each its own ideal. */
function meanIdeal(outcomes: readonly LoadOutcome[]): IdealFigures {
  const found = outcomes.map(({ replies }) =>
    idealFigures(
      replies.map(({ seen, sent }) => ({ askedAt: seen.askedAt, sentAt: sent.sentAt })),
      callLimits(),
    ),
  );
  const mean = (of: (figures: IdealFigures) => number): number =>
    found.reduce((total, figures) => total + of(figures), 0) / found.length;
  return {
    lagP50: mean(({ lagP50 }) => lagP50),
    lagP95: mean(({ lagP95 }) => lagP95),
    firstTextP50: mean(({ firstTextP50 }) => firstTextP50),
    firstTextP95: mean(({ firstTextP95 }) => firstTextP95),
    closedP95: mean(({ closedP95 }) => closedP95),
  };
}

function callLimits(): ReturnType<typeof feishuCapabilities>['callLimits'] {
  const read = readFeishuConfig({ FEISHU_APP_ID: 'cli_0123456789abcdef', FEISHU_APP_SECRET: 'unused' });
  if (read.state !== 'ready') throw new Error('the limits cannot be read');
  return feishuCapabilities(read.config).callLimits;
}

function busyNotes({ replies }: AnswerLoad, { own, latenessP99Ms }: LoadOutcome): string[] {
  const at = `at ${replies.toLocaleString('en')} ${replies === 1 ? 'reply' : 'replies'}`;
  const share = `${Math.round(own.processorShare * 100)} % of a core`;
  return [
    ...(own.loopLagP99Ms > busyMs
      ? [
          `${at} the simulated platform was late itself (timers by ${own.loopLagP99Ms.toFixed(0)} ms, p99; ${share})`,
        ]
      : []),
    ...(latenessP99Ms > busyMs
      ? [`${at} the model stand-in sent tokens ${latenessP99Ms.toFixed(0)} ms late (p99)`]
      : []),
  ];
}
