import { describe, expect, it } from 'vitest';
import type { Replica } from '../faults/stand/replica.ts';
import { spots, startStand, type Stand } from '../faults/stand/stand.ts';
import { postgresIsMissing, postgresUrl } from '../fakes/postgres.ts';
import { integrations } from './integrations.ts';

/** Fast enough to end soon, slow enough to be met in the middle of it. */
const slow = { firstTokenDelayMs: 20, tokensPerSecond: 30 };
const fast = { firstTokenDelayMs: 5, tokensPerSecond: 4_000 };
/** What was promised of a dead replica's questions: a lease of 15 s, a look every 2 s, and the taking up. */
const takenOverWithinMs = 20_000;
/** However slow the machine. */
const endedWithinMs = 60_000;
const graceMs = 500;

const asking = ({ msg }: { readonly msg: string }): boolean => msg === 'asking the model';
const count = (replica: Replica, message: string): number =>
  replica.log().filter(({ msg }) => msg === message).length;

async function until(condition: () => boolean | Promise<boolean>, what: string, stand: Stand): Promise<void> {
  const giveUpAt = performance.now() + endedWithinMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt)
      throw new Error(
        `never happened: ${what}\n${stand.replicas.map((replica) => replica.output()).join('\n\n')}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every fourth question has a long answer; the ones before it are asked and ended. */
async function comeToALongAnswer(stand: Stand): Promise<void> {
  stand.qwen.setSpeed(fast);
  while (stand.messages.length % 4 !== 3) {
    stand.ask(spots[1]);
    await stand.settle(endedWithinMs);
  }
}

/** Asks, and finds out who answers; resolves in the middle of the answer. */
async function askSlowly(stand: Stand): Promise<{ readonly busy: Replica; readonly other: Replica }> {
  await comeToALongAnswer(stand);
  stand.qwen.setSpeed(slow);
  const before = stand.replicas.map((replica) => replica.log().filter(asking).length);
  const shownBefore = (await stand.stage.replies('direct')).length;
  const isBusy = (replica: Replica): boolean =>
    replica.log().filter(asking).length > (before[replica.index] ?? 0);
  stand.ask(spots[0]);
  await until(() => stand.replicas.some(isBusy), 'one of them asks the model', stand);
  const busy = stand.replicas.find(isBusy);
  const other = stand.replicas.find((replica) => replica !== busy);
  if (busy === undefined || other === undefined) throw new Error('there must be two');
  if (stand.stage.traits.live)
    await until(
      async () => ((await stand.stage.replies('direct'))[shownBefore]?.text ?? '').length > 10,
      'some of the answer is shown',
      stand,
    );
  return { busy, other };
}

async function expectAllEnded(stand: Stand): Promise<void> {
  stand.qwen.setSpeed(fast);
  await stand.settle(endedWithinMs);
  expect(await stand.judge()).toEqual([]);
}

const takenUp = 'taking up turns that were left unended';

/** A replica that is told to stop hands its answer over, and says so with its exit. */
async function stopsInOrder(stand: Stand): Promise<void> {
  const { busy, other } = await askSlowly(stand);
  const before = count(other, takenUp);
  expect(await busy.end('SIGTERM')).toBe(0);
  await until(() => count(other, takenUp) > before, 'the other takes it up', stand);
  await expectAllEnded(stand);
  await stand.bringUp(busy);
}

/** A replica that stands still for longer than its lease adds nothing once it is woken. */
async function standsStill(stand: Stand): Promise<void> {
  const { busy } = await askSlowly(stand);
  const noticed = 'another process has taken turns over';
  const before = count(busy, noticed);
  busy.signal('SIGSTOP');
  try {
    await expectAllEnded(stand);
    const shown = await stand.stage.replies('direct');
    busy.signal('SIGCONT');
    await until(() => count(busy, noticed) > before, 'it notices', stand);
    await busy.ready();
    expect(await stand.stage.replies('direct')).toEqual(shown);
    expect(await stand.judge()).toEqual([]);
  } finally {
    busy.signal('SIGCONT');
  }
}

/** A replica that dies leaves its answer to the other, which ends it in its place. */
async function dies(stand: Stand): Promise<void> {
  const { busy, other } = await askSlowly(stand);
  const before = count(other, takenUp);
  const killedAt = performance.now();
  await busy.end('SIGKILL');
  await until(() => count(other, takenUp) > before, 'the other takes it up', stand);
  expect(performance.now() - killedAt).toBeLessThan(takenOverWithinMs);
  await expectAllEnded(stand);
}

const server = await postgresUrl();
const chosen = ['Feishu, long connection', 'DingTalk, Stream', 'WeCom, self-built app'];

describe.skipIf(server === undefined)(server === undefined ? postgresIsMissing : 'two replicas', () => {
  it.concurrent.each(integrations.filter(({ name }) => chosen.includes(name)))(
    '$name: what one of them leaves is ended once by the other, in its place',
    async (integration) => {
      const stand = await startStand({
        integration,
        engine: 'postgres',
        replicas: 2,
        seed: 7,
        environment: { SHUTDOWN_GRACE_MS: String(graceMs) },
        server: async () => server ?? '',
      });
      try {
        for (const replica of stand.replicas) await stand.bringUp(replica);
        await stopsInOrder(stand);
        await standsStill(stand);
        await dies(stand);
      } finally {
        await stand.stop();
      }
    },
    300_000,
  );
});
