import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import type { SimConnection } from '../simulators/dingtalk/connection.ts';
import { createRandom } from '../simulators/feishu/random.ts';
import { startLineStage, type LineStage } from './dingtalk-line-stage.ts';

/**
 * What the platform does to connections. `sent-away`: it says that one is expired, delivers nothing over it any more and
 * cuts it later, as it does from time to time. `cut`: one breaks without a word. `all-cut`: all of them at one moment.
 */
export type Disconnect = 'sent-away' | 'cut' | 'all-cut';

export type DisconnectOptions = {
  readonly how: Disconnect;
  readonly times: number;
  /** Messages keep coming in with so much time between them, in milliseconds. */
  readonly sayEveryMs?: number;
  readonly onDisconnect?: (number: number, gapMs: number) => void;
};

export type DisconnectReport = {
  readonly disconnects: number;
  readonly said: number;
  /** Had no connection to go to, so the platform dropped them. */
  readonly undeliverable: number;
  /** Sent over a connection and never come in. */
  readonly lost: number;
  /** Delivered a second time, since the first acknowledgement did not get through. */
  readonly repeated: number;
  /** From each disconnect until as many connections receive as before. */
  readonly gapMs: { readonly median: number; readonly p99: number; readonly longest: number };
};

/** As the platform has them, scaled: it cuts after 10 s, and delivers again after a minute. */
const limits = { disconnectMs: 1_000, redeliveryMs: 2_000 };
const LINES = 2;
const SETTLE_MS = 20_000;

/** Breaks connections one after another while messages come in without a pause, in real time over real sockets. */
export async function disconnectOften(options: DisconnectOptions): Promise<DisconnectReport> {
  const { how, times, sayEveryMs = 10, onDisconnect } = options;
  const random = createRandom(7);
  const stage = await startLineStage(systemClock, random, limits);
  const gaps: number[] = [];
  let said = 0;
  let saying: NodeJS.Timeout | undefined;
  try {
    await until(() => stage.receiving().length === LINES);
    saying = setInterval(() => stage.say(`消息 ${(said += 1)}`), sayEveryMs);
    for (let number = 1; number <= times; number += 1) {
      // Not always in the same moment of the connections' lives.
      await wait(random() * 50);
      const at = performance.now();
      const gone = disconnect(stage, how, random);
      await until(() => !stage.receiving().some((connection) => gone.includes(connection)));
      await until(() => stage.receiving().length === LINES);
      gaps.push(performance.now() - at);
      onDisconnect?.(number, gaps.at(-1) ?? 0);
    }
    clearInterval(saying);
    await until(() => stage.sim.deliveries().every(({ state }) => state !== 'pending'));
    return report(stage, said, gaps);
  } finally {
    clearInterval(saying);
    await stage.stop();
  }
}

function disconnect(
  { receiving }: LineStage,
  how: Disconnect,
  random: () => number,
): readonly SimConnection[] {
  const connections = receiving();
  const one = Math.floor(random() * connections.length);
  const chosen = how === 'all-cut' ? connections : connections.slice(one, one + 1);
  for (const connection of chosen) {
    if (how === 'sent-away') connection.disconnect();
    else connection.drop();
  }
  return chosen;
}

function report({ sim, received }: LineStage, said: number, gaps: readonly number[]): DisconnectReport {
  const missing = sim.deliveries().filter(({ msgId = '' }) => !received.has(sim.message(msgId)?.text ?? ''));
  const undeliverable = missing.filter(({ attempts }) => attempts.at(-1)?.outcome === 'no-connection').length;
  const sorted = gaps.toSorted((one, other) => one - other);
  const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  return {
    disconnects: gaps.length,
    said,
    undeliverable,
    lost: missing.length - undeliverable,
    repeated: [...received.values()].filter((times) => times > 1).length,
    gapMs: { median: at(0.5), p99: at(0.99), longest: at(1) },
  };
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + SETTLE_MS;
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error('the connections did not come back');
    await wait(1);
  }
}
