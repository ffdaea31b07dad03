import { expect } from 'vitest';
import type { AdapterErrorCode } from '../../../src/contract/errors.ts';
import type { ReplySink } from '../../../src/contract/reply.ts';
import type { Failure, Step } from '../harness.ts';
import {
  answerWords,
  ended,
  failureOf,
  growing,
  never,
  opening,
  question,
  rejectionOf,
  type Instance,
  type Stage,
} from '../stage.ts';
import { readable } from '../surroundings.ts';
import type { Behaviour } from './behaviour.ts';

/** For good, as far as any adapter tries. */
const ALWAYS = 1000;

const can =
  (...wanted: readonly Failure[]): NonNullable<Behaviour['applies']> =>
  ({ failures }) =>
    wanted.every((failure) => failures.includes(failure));

/** What becomes of replies when the platform fails, and how that is told. */
export const faultBehaviours: readonly Behaviour[] = [
  {
    name: 'shows one reply when the answer to its opening was lost and it is opened again',
    applies: can('answer-lost'),
    run: (stage) => opensOnceAfter(stage, 'open'),
  },
  {
    name: 'shows one reply when any answer on the way to its opening was lost and it is opened again',
    applies: can('answer-lost'),
    run: (stage) => opensOnceAfter(stage, 'any'),
  },
  {
    name: 'finds the reply another process had opened under the same key without having stored it',
    async run(stage) {
      const before = await stage.enter();
      const { replyTarget: target } = await stage.ask(before);
      await stage.settled(before.adapter.openReply(opening({ target, key: 'turn-9-0' }), never));
      const { adapter } = await stage.restart();
      const again = opening({ target, key: 'turn-9-0', maybeSent: true });
      const sink = await stage.settled(adapter.openReply(again, never));
      await stage.update(sink, growing('找到'));
      await stage.close(sink, ended('找到了'));
      expect(await stage.reply()).toMatchObject({ text: '找到了', live: false });
    },
  },
  {
    name: 'ends the reply another process had opened without having stored it, when only the end is left to show',
    async run(stage) {
      const before = await stage.enter();
      const { replyTarget: target } = await stage.ask(before);
      await stage.settled(before.adapter.openReply(opening({ target, key: 'turn-9-0' }), never));
      const { adapter } = await stage.restart();
      const { status, snapshot } = ended('没人等得了');
      const end = opening({ target, key: 'turn-9-0', maybeSent: true, whole: status, first: snapshot });
      await stage.settled(adapter.openReply(end, never));
      expect(await stage.reply()).toMatchObject({ text: '没人等得了', live: false });
    },
  },
  {
    name: 'gives an update whose answer was lost no second state',
    applies: (traits, capabilities) => traits.showsGrowth && can('answer-lost')(traits, capabilities),
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      stage.harness.fail('answer-lost', 'update', 1);
      let asked = 0;
      const latest = () => {
        asked += 1;
        return growing(`第 ${asked} 次`);
      };
      await stage.settled(failureOf(sink.update(latest, 'live', never)));
      expect(asked).toBe(1);
      await stage.update(sink, growing('第 1 次，完'));
      await stage.close(sink, ended('第 1 次，完。'));
      expect(await stage.reply()).toMatchObject({ text: '第 1 次，完。', live: false });
      expect(stage.harness.refused()).toEqual([]);
    },
  },
  {
    name: 'ends a reply once, although the answer to its end was lost',
    applies: can('answer-lost'),
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      stage.harness.fail('answer-lost', 'close', 3);
      await untilClosed(stage, sink);
      expect(await stage.reply()).toMatchObject({ text: answerWords, live: false });
    },
  },
  {
    name: 'ends a reply after the platform has failed for a while',
    applies: can('unavailable'),
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      stage.harness.fail('unavailable', 'close', 2);
      await untilClosed(stage, sink);
      expect(await stage.reply()).toMatchObject({ text: answerWords, live: false });
    },
  },
  {
    name: 'goes slower when told that it is too often, and says how long to wait',
    applies: (traits, capabilities) => traits.showsGrowth && can('rate-limited')(traits, capabilities),
    async run(stage) {
      const { retryAfterMs } = stage.harness.traits;
      const sink = await stage.open(await stage.enter());
      stage.harness.fail('rate-limited', 'update', 1);
      const error = await stage.settled(failureOf(sink.update(() => growing('一'), 'live', never)));
      if (error !== undefined)
        expect([error.code, error.retryAfterMs]).toEqual(['rate-limited', retryAfterMs]);
      expect(stage.slowed.map((slowed) => slowed.retryAfterMs)).toEqual([retryAfterMs]);
      await stage.update(sink, growing('一二'));
      await stage.close(sink, ended('一二三'));
      expect((await stage.reply()).text).toBe('一二三');
    },
  },
  {
    name: 'says that it was told too often when that does not end',
    applies: can('rate-limited'),
    run: (stage) => failsEverywhere(stage, 'rate-limited', ['rate-limited']),
  },
  {
    name: 'says that the platform is unavailable, and nothing secret with it',
    applies: can('unavailable'),
    run: (stage) => failsEverywhere(stage, 'unavailable', ['unavailable']),
  },
  {
    name: 'says when no answer came in time, and that it may have been sent',
    applies: can('no-answer'),
    async run(stage) {
      const instance = await stage.enter();
      const { replyTarget: target } = await stage.ask(instance);
      stage.harness.fail('no-answer', 'open', ALWAYS);
      const open = instance.adapter.openReply(opening({ target, key: 'turn-1-0' }), never);
      const end = open.then((sink) => sink.close(ended(answerWords), never));
      const error = await stage.settled(rejectionOf(end), 'the call is given up');
      expect([error.code, error.sent]).toEqual(['timeout', 'maybe']);
    },
  },
  {
    name: 'says when message or chat is gone',
    applies: can('target-gone'),
    async run(stage) {
      const instance = await stage.enter();
      const { replyTarget: target } = await stage.ask(instance);
      stage.harness.fail('target-gone', 'open', ALWAYS);
      const open = instance.adapter.openReply(opening({ target, key: 'turn-1-0' }), never);
      const end = open.then((sink) => sink.close(ended(answerWords), never));
      expect((await stage.settled(rejectionOf(end))).code).toBe('target-gone');
    },
  },
  {
    name: 'refuses references that are none of its own',
    async run(stage) {
      const { adapter } = await stage.enter();
      for (const strange of ['nonsense', { unknown: true }, null]) {
        const foreign = strange as never;
        const ways = [
          () => adapter.fetchMedia(foreign, never),
          () => adapter.fetchQuote(foreign, never),
          () => adapter.resumeReply(foreign, never),
        ];
        for (const way of ways) await stage.settled(rejectionOf(way()));
      }
      expect(stage.harness.refused()).toEqual([]);
    },
  },
];

async function opensOnceAfter(stage: Stage, step: Step): Promise<void> {
  const instance = await stage.enter();
  const { replyTarget: target } = await stage.ask(instance);
  const part = opening({ target, key: 'turn-1-0' });
  stage.harness.fail('answer-lost', step, 1);
  let sink: ReplySink | undefined;
  const error = await stage.settled(
    failureOf(
      instance.adapter.openReply(part, never).then((opened) => {
        sink = opened;
      }),
    ),
  );
  stage.harness.mend();
  if (error !== undefined) expect(error.sent).toBe('maybe');
  sink ??= await stage.settled(instance.adapter.openReply({ ...part, maybeSent: true }, never));
  await stage.update(sink, growing('只有'));
  await stage.close(sink, ended('只有一个'));
  expect(await stage.reply()).toMatchObject({ text: '只有一个', live: false });
}

/** As the core does it: again and again, after waits. */
async function untilClosed(stage: Stage, sink: ReplySink): Promise<void> {
  const outcome = ended(answerWords);
  for (let times = 0; times < 8; times += 1) {
    const error = await stage.settled(failureOf(sink.close(outcome, never)));
    if (error === undefined) return;
    expect(['unavailable', 'timeout']).toContain(error.code);
    await stage.pass(1_000);
  }
  throw new Error('the reply could not be closed');
}

/** Tries everything that may make a call while all calls fail: what made one must say so, and nothing secret with it. */
async function failsEverywhere(
  stage: Stage,
  failure: Failure,
  codes: readonly AdapterErrorCode[],
): Promise<void> {
  const { harness } = stage;
  const instance = await stage.enter();
  const ways = await waysOut(stage, instance);
  harness.fail(failure, 'any', ALWAYS);
  let failed = 0;
  for (const { name, run } of ways) {
    const calls = harness.calls();
    const error = await stage.settled(failureOf(run()), `${name} fails`);
    if (harness.calls() > calls) expect(codes, name).toContain(error?.code);
    if (error === undefined) continue;
    failed += 1;
    const words = readable(error);
    for (const secret of [...harness.secrets, question, answerWords]) expect(words).not.toContain(secret);
  }
  expect(failed).toBeGreaterThan(0);
}

type Way = { readonly name: string; readonly run: () => Promise<unknown> };

async function waysOut(stage: Stage, instance: Instance): Promise<readonly Way[]> {
  const { adapter } = instance;
  const { traits } = stage.harness;
  const asked = await stage.ask(instance);
  const sink = await stage.open(instance, { target: asked.replyTarget });
  const target = asked.replyTarget;
  const pictured =
    traits.pictures.most === 0
      ? undefined
      : await stage.hear(instance, { where: 'direct', pictures: [Uint8Array.of(1, 2, 3)] });
  const media = pictured?.media[0];
  const snapshot = growing(answerWords);
  const whole = ended(answerWords);
  const openWhole = opening({ target, key: 'turn-77-0', first: whole.snapshot, whole: 'complete' });
  return [
    {
      name: 'open',
      run: () => adapter.openReply(opening({ target, key: 'turn-66-0', first: snapshot }), never),
    },
    { name: 'open whole', run: () => adapter.openReply(openWhole, never) },
    { name: 'update', run: () => sink.update(() => snapshot, 'first', never) },
    { name: 'close', run: () => sink.close(whole, never) },
    ...(media === undefined
      ? []
      : [
          {
            name: 'fetch a picture',
            run: async () => {
              const { stream } = await adapter.fetchMedia(media, never);
              for await (const piece of stream) if (piece.length < 0) return;
            },
          },
        ]),
  ];
}
