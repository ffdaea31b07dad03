import { expect } from 'vitest';
import type { Check } from '../../../src/contract/adapter.ts';
import type { Admission } from '../../../src/contract/inbound.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import {
  answerWords,
  ended,
  failureOf,
  growing,
  never,
  opening,
  question,
  rejectionOf,
  type Stage,
} from '../stage.ts';
import type { Behaviour } from './behaviour.ts';

const ALWAYS = 10_000;
const accepted: Admission = { outcome: 'accepted' };

/** Starting, stopping, waiting, and what is told to operators. */
export const lifecycleBehaviours: readonly Behaviour[] = [
  {
    name: 'describes itself in numbers that can be kept to',
    async run({ first, clock }) {
      const { updateIntervalMs, maxReplyBytes, maxReplyAgeMs, callLimits, monthlyCalls } = first.capabilities;
      expect(Math.min(updateIntervalMs, maxReplyBytes, maxReplyAgeMs, monthlyCalls ?? 1)).toBeGreaterThan(0);
      expect(() => createCallBudget({ limits: callLimits, clock })).not.toThrow();
      // What is in `ADMINS` and stored with turns must be plain words.
      expect([first.id, first.platform]).toEqual([
        expect.stringMatching(/^[a-z][a-z-]*$/),
        expect.stringMatching(/^[a-z]+$/),
      ]);
    },
  },
  {
    name: 'is up once the platform is reached, and down once stopped, which may be said twice',
    async run({ first, enter, settled }) {
      expect(first.health().state).toBe('connecting');
      const { adapter } = await enter();
      expect(adapter.health()).toMatchObject({ state: 'up', reconnects: 0 });
      await settled(adapter.stop());
      await settled(adapter.stop());
      expect(adapter.health().state).not.toBe('up');
    },
  },
  {
    name: 'starts without waiting for a platform that is down, says so, and is up when that is over',
    applies: ({ failures }) => failures.includes('unavailable'),
    async run({ harness, first, settlesNow, until, pass }) {
      harness.fail('unavailable', 'any', ALWAYS);
      const start = first.start(async () => accepted);
      expect(await settlesNow(start)).toBe(true);
      await start;
      await pass(5_000);
      // Webhooks may be received although nothing can be sent.
      if (first.health().state === 'up') return;
      expect(['connecting', 'down']).toContain(first.health().state);
      harness.mend();
      await until(() => first.health().state === 'up', 'the connection comes up by itself');
    },
  },
  {
    name: 'says that its credentials are wrong, in health and in the doctor’s checks, without telling them',
    applies: ({ checksCredentials }) => checksCredentials,
    async run({ harness, create, settled, until, logged }) {
      const adapter = await create('wrong');
      await settled(adapter.start(async () => accepted));
      await until(() => adapter.health().state === 'failed', 'the wrong credentials are noticed');
      const checks = await settled(checksOf(adapter.probe(never)));
      expect(checks.find(({ code }) => code === 'credentials')?.state).toBe('failed');
      const told = JSON.stringify([adapter.health(), checks, logged]);
      for (const secret of harness.secrets) expect(told).not.toContain(secret);
    },
  },
  {
    name: 'gives the doctor its checks, disturbs nobody with them, and tells no secrets',
    async run({ harness, enter, settled }) {
      const { adapter } = await enter();
      const checks = await settled(checksOf(adapter.probe(never)));
      expect(checks.length).toBeGreaterThan(0);
      expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
      for (const { evidence, durationMs } of checks) {
        expect([typeof evidence, Number.isFinite(durationMs) && durationMs >= 0]).toEqual(['string', true]);
        for (const secret of harness.secrets) expect(evidence).not.toContain(secret);
      }
      expect(await harness.replies('direct')).toEqual([]);
    },
  },
  {
    name: 'makes no call past its budget, and stops waiting at once when aborted',
    async run(stage) {
      const { harness } = stage;
      const instance = await stage.enter();
      const { adapter } = instance;
      const { replyTarget: target } = await stage.ask(instance);
      const sink = await stage.open(instance, { target });
      const whole = ended(answerWords);
      const ways = [
        (signal: AbortSignal) => adapter.openReply(opening({ target, key: 'turn-55-0' }), signal),
        (signal: AbortSignal) => sink.update(() => growing(answerWords), 'live', signal),
        (signal: AbortSignal) => sink.close(whole, signal),
      ];
      const calls = harness.calls();
      stage.hold();
      for (const way of ways) {
        const aborting = new AbortController();
        const failure = failureOf(way(aborting.signal));
        await stage.idle();
        expect(harness.calls()).toBe(calls);
        await expectAbort(stage, aborting, failure);
      }
      stage.release();
      await stage.close(sink, whole);
      expect((await stage.reply()).text).toBe(answerWords);
    },
  },
  {
    name: 'gives up a call under way at once when aborted',
    applies: ({ failures }) => failures.includes('no-answer'),
    async run(stage) {
      const { failure, aborting } = await callWithoutAnswer(stage);
      aborting.abort();
      expect(await stage.settlesNow(failure)).toBe(true);
      expect((await failure).code).toBe('aborted');
    },
  },
  {
    name: 'ends a call under way when it is stopped',
    applies: ({ failures }) => failures.includes('no-answer'),
    async run(stage) {
      const { failure, adapter } = await callWithoutAnswer(stage);
      const stopping = adapter.stop();
      expect(await stage.settlesNow(failure)).toBe(true);
      await failure;
      await stage.settled(stopping);
    },
  },
  {
    name: 'leaves nothing behind when it is stopped: no socket, no timer, nobody waiting',
    async run(stage) {
      const { first, harness, clock } = stage;
      const before = { held: await heldAtLeast(stage), sleeping: clock.sleeping() };
      const instance = await stage.enter();
      const sink = await stage.open(instance);
      await stage.update(sink, growing(answerWords));
      if (harness.traits.pictures.most > 0) {
        const { media } = await stage.hear(instance, { where: 'direct', pictures: [Uint8Array.of(1, 2, 3)] });
        for (const ref of media) await stage.settled(first.fetchMedia(ref, never));
      }
      await stage.settled(first.stop());
      stage.stop();
      const left = (): string[] => withoutKnown(heldOpen(), before.held);
      // The other ends of sockets close a moment later.
      for (let times = 0; times < 25 && left().length > 0; times += 1) await stage.idle();
      expect(left()).toEqual([]);
      expect(clock.sleeping()).toBeLessThanOrEqual(before.sleeping);
    },
  },
  {
    name: 'writes no words of people, no answers and no secrets into the log',
    async run(stage) {
      const { harness, logged } = stage;
      const instance = await stage.enter();
      const sink = await stage.open(instance);
      const [failure] = harness.traits.failures;
      await stage.update(sink, growing(answerWords));
      if (failure !== undefined) harness.fail(failure, 'any', 2);
      await stage.settled(failureOf(sink.update(() => growing(`${answerWords}。`), 'live', never)));
      harness.mend();
      await stage.settled(failureOf(sink.close(ended(`${answerWords}。`), never)));
      const lines = logged.join('\n');
      for (const secret of [...harness.secrets, question, answerWords]) expect(lines).not.toContain(secret);
    },
  },
];

async function checksOf(probe: AsyncIterable<Check>): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for await (const check of probe) checks.push(check);
  return checks;
}

/** What needs no call may be done by now; whatever waits must end, and say why. */
async function expectAbort(
  stage: Stage,
  aborting: AbortController,
  failure: ReturnType<typeof failureOf>,
): Promise<void> {
  const waited = await stage.staysOpen(failure);
  aborting.abort();
  expect(await stage.settlesNow(failure)).toBe(true);
  if (waited) expect((await failure)?.code).toBe('aborted');
  else expect(await failure).toBeUndefined();
}

async function callWithoutAnswer(stage: Stage) {
  const { harness } = stage;
  const instance = await stage.enter();
  const { replyTarget: target } = await stage.ask(instance);
  harness.fail('no-answer', 'open', ALWAYS);
  const aborting = new AbortController();
  const open = instance.adapter.openReply(opening({ target, key: 'turn-1-0' }), aborting.signal);
  // Where opening shows nothing yet, the end does.
  const failure = rejectionOf(open.then((sink) => sink.close(ended(answerWords), aborting.signal)));
  expect(await stage.staysOpen(failure)).toBe(true);
  return { adapter: instance.adapter, failure, aborting };
}

/** Kinds of what keeps this process alive, as far as adapters could be behind it. */
function heldOpen(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|TLS|UDP|Pipe|HTTP|Timeout|DNS|GetAddr/i.test(name));
}

/** Without what comes and goes by itself, such as timers of the test runner, behind which a forgotten one could hide. */
async function heldAtLeast(stage: Stage): Promise<readonly string[]> {
  let least = heldOpen();
  for (let times = 0; times < 5; times += 1) {
    await stage.idle();
    const now = heldOpen();
    if (now.length < least.length) least = now;
  }
  return least;
}

function withoutKnown(names: readonly string[], known: readonly string[]): string[] {
  const left = [...known];
  return names.filter((name) => {
    const index = left.indexOf(name);
    if (index !== -1) left.splice(index, 1);
    return index === -1;
  });
}
