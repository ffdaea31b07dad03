import { expect } from 'vitest';
import type { Snapshot } from '../../../src/contract/reply.ts';
import type { ShownReply } from '../harness.ts';
import { ended, endButtons, growing, never, opening, progressWords, stored, type Stage } from '../stage.ts';
import { longAnswer } from '../samples.ts';
import type { Behaviour } from './behaviour.ts';

/** What a person sees of a reply while nothing goes wrong. */
export const replyBehaviours: readonly Behaviour[] = [
  {
    name: 'shows a first sign of life as soon as a reply is open',
    applies: ({ showsGrowth }) => showsGrowth,
    async run(stage) {
      await stage.open(await stage.enter());
      const shown = await stage.reply();
      expect(shown.live).toBe(true);
      expect(shown.words).toContain(progressWords);
      if (stage.first.capabilities.buttons) expect(shown.buttons).toEqual(['停止']);
    },
  },
  {
    name: 'shows each update, and never takes back what is shown',
    applies: ({ showsGrowth }) => showsGrowth,
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      const whole = '你好！\n\n这是一个 **增长** 的回答，\n\n- 一\n- 二\n\n```js\nlet a  = 1;\n```\n\n完。';
      const seen: string[] = [];
      for (let end = 3; end <= whole.length; end += 9) {
        const rendered = stage.first.render(whole.slice(0, end), false);
        await stage.update(sink, growing(rendered));
        seen.push((await stage.reply()).text);
        expect(answerOf(stage, await stage.reply(), rendered)).toBe(rendered);
      }
      const last = stage.first.render(whole, true);
      await stage.close(sink, ended(last));
      seen.push((await stage.reply()).text);
      for (const [index, text] of seen.entries()) {
        if (!stage.harness.traits.oneText) expect(text.startsWith(seen[index - 1] ?? '')).toBe(true);
      }
      expect(new Set(seen).size).toBeGreaterThan(5);
    },
  },
  {
    name: 'reads the newest state once for each update, and only when the call leaves',
    applies: ({ showsGrowth }, { updates }) => showsGrowth && updates === 'live',
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      await stage.update(sink, growing('一'));
      let newest = '一二';
      let asked = 0;
      stage.hold();
      const update = sink.update(
        () => {
          asked += 1;
          return growing(newest);
        },
        'live',
        never,
      );
      expect(await stage.staysOpen(update)).toBe(true);
      expect(asked).toBe(0);
      newest = '一二三';
      stage.release();
      await stage.settled(update);
      expect([asked, answerOf(stage, await stage.reply(), newest)]).toEqual([1, '一二三']);
    },
  },
  {
    name: 'ends with the rendered answer to the byte, no longer live',
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      const whole = '结果：`x  = 1`\n\n| 列 | 值 |\n| --- | --- |\n| a | 1 |\n\n> 引用\n\n1. 一\n2. 二 😀\n';
      await stage.update(sink, growing(stage.first.render(whole.slice(0, 20), false)));
      const rendered = stage.first.render(whole, true);
      await stage.close(sink, ended(rendered));
      const { text, live, progress } = await stage.reply();
      expect([text, live, progress]).toEqual([rendered, false, undefined]);
    },
  },
  {
    name: 'shows an answer as long as it says it can, whole, whatever stands beside it',
    async run(stage) {
      const { capabilities } = stage.first;
      const whole = longAnswer(capabilities, (text) => stage.first.render(text, true));
      const sink = await stage.open(await stage.enter());
      await stage.update(sink, growing(stage.first.render(whole.slice(0, whole.length / 2), false)));
      const rendered = stage.first.render(whole, true);
      const beside = { notice: '连接中断了', footer: '三秒', buttons: endButtons };
      const thinking = { thinking: '先想一想。'.repeat(5_000), thinkingTitle: '思考过程' };
      await stage.close(sink, ended(rendered, { ...beside, ...thinking }));
      const shown = await stage.harness.replies('direct');
      const text = shown.map((reply) => reply.text).join('');
      if (stage.harness.traits.oneText) expect(text).toContain(rendered);
      else expect(text).toBe(rendered);
      expect(shown.at(-1)).toMatchObject({ live: false });
      expect(stage.harness.refused()).toEqual([]);
    },
  },
  {
    name: 'shows notice, footer, buttons, facts and an answer beside each other at the end',
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      const columns = ['模型', '状态'];
      const facts = [{ type: 'table', columns, rows: [['千问服务器', '正常运行']] } as const];
      const outcome = ended('答案在此', {
        notice: '连接中断了',
        footer: '耗时三秒',
        facts,
        buttons: endButtons,
      });
      await stage.close(sink, outcome);
      const shown = await stage.reply();
      expect(answerOf(stage, shown, '答案在此')).toBe('答案在此');
      for (const words of ['连接中断了', '耗时三秒', '千问服务器', '正常运行', '状态']) {
        expect(shown.words).toContain(words);
      }
      expect(shown.words).not.toContain(progressWords);
      if (stage.first.capabilities.buttons) expect(shown.buttons).toEqual(['重试', '有用']);
    },
  },
  {
    name: 'ends without a word of an answer in a sentence of the bot’s own',
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      const snapshot: Snapshot = { markdown: '', notice: '模型没有响应', preview: '模型没有响应' };
      await stage.close(sink, { status: 'failed', snapshot });
      const shown = await stage.reply();
      expect([shown.live, shown.words.includes('模型没有响应')]).toEqual([false, true]);
    },
  },
  {
    name: 'answers where it was asked, in direct chat, group and topic',
    async run(stage) {
      const { groups, topics } = stage.harness.traits;
      const instance = await stage.enter();
      const places = ['direct', ...(groups ? ['group'] : []), ...(topics ? ['topic', 'other-topic'] : [])];
      for (const where of ['direct', 'group', 'topic', 'other-topic'] as const) {
        if (!places.includes(where)) continue;
        const asked = await stage.hear(instance, {
          where,
          text: where === 'direct' ? '在哪' : '@{bot} 在哪',
        });
        const sink = await stage.open(instance, { target: asked.replyTarget });
        await stage.close(sink, ended(`在 ${where}`));
        expect((await stage.reply(where)).text).toBe(`在 ${where}`);
      }
    },
  },
  {
    name: 'closes once, however often it is told the same end',
    async run(stage) {
      const sink = await stage.open(await stage.enter());
      const outcome = ended('好的', { footer: '三秒', buttons: endButtons });
      await stage.close(sink, outcome);
      const [shown] = await stage.harness.replies('direct');
      await stage.close(sink, outcome);
      const successor = await stage.restart();
      const resumed = await stage.settled(successor.adapter.resumeReply(stored(sink.handle), never));
      await stage.close(resumed, outcome);
      expect(await stage.harness.replies('direct')).toEqual([shown]);
      expect(stage.harness.refused()).toEqual([]);
    },
  },
  {
    name: 'goes on with a reply in another process, to its end, without a call that is refused',
    async run(stage) {
      const before = await stage.enter();
      const opened = await stage.open(before);
      await stage.update(opened, growing('很久以前'));
      const { handle } = opened;
      expect(stored(handle)).toEqual(handle);
      const { adapter } = await stage.restart();
      const sink = await stage.settled(adapter.resumeReply(stored(handle), never));
      await stage.update(sink, growing('很久以前，有一座山'));
      if (stage.harness.traits.showsGrowth) {
        const rendered = '很久以前，有一座山';
        expect(answerOf(stage, await stage.reply(), rendered)).toBe(rendered);
      }
      await stage.close(sink, ended('很久以前，有一座山，完。'));
      expect(await stage.reply()).toMatchObject({ text: '很久以前，有一座山，完。', live: false });
      expect(stage.harness.refused()).toEqual([]);
    },
  },
  {
    name: 'shows a reply that is whole at once in its end form, and needs no further call',
    async run(stage) {
      const { outcome, calls } = await openWhole(stage);
      expect(await stage.reply()).toMatchObject({ text: '已停止。', live: false });
      await stage.close(outcome.sink, outcome.end);
      expect(stage.harness.calls()).toBe(calls);
      expect(await stage.reply()).toMatchObject({ text: '已停止。', live: false });
    },
  },
  {
    name: 'is refused no call during half a minute of three answers growing at its own rate',
    applies: ({ showsGrowth }) => showsGrowth,
    async run(stage) {
      const instance = await stage.enter();
      const names = ['甲', '乙', '丙'];
      const asked = [await stage.ask(instance), await stage.ask(instance), await stage.ask(instance)];
      const sinks = await Promise.all(
        asked.map(({ replyTarget }) => stage.open(instance, { target: replyTarget })),
      );
      await stage.settled(
        Promise.all(sinks.map((sink, index) => growFor30s(stage, sink, names[index] ?? ''))),
      );
      const shown = await stage.harness.replies('direct');
      expect(shown.map(({ live }) => live)).toEqual([false, false, false]);
      expect(shown.map(({ text }) => text.slice(0, 1)).sort()).toEqual([...names].sort());
      expect(stage.harness.refused()).toEqual([]);
    },
  },
];

/** What stands there of an answer: all of the text or, where everything shares one text, what ends at a line's end. */
function answerOf({ harness }: Stage, { text }: ShownReply, expected: string): string {
  const rest = text.slice(expected.length);
  return harness.traits.oneText && rest.startsWith('\n') ? text.slice(0, expected.length) : text;
}

async function openWhole(stage: Stage) {
  const instance = await stage.enter();
  const { replyTarget: target } = await stage.ask(instance);
  const end = ended('已停止。', { buttons: endButtons });
  const part = opening({ target, key: 'command-1', first: end.snapshot, whole: 'complete' });
  const sink = await stage.settled(instance.adapter.openReply(part, never));
  return { outcome: { sink, end }, calls: stage.harness.calls() };
}

/** As the core does it: one edit at a time, the next one an interval after the one before has left. */
async function growFor30s(
  { clock, first }: Stage,
  sink: Awaited<ReturnType<Stage['open']>>,
  name: string,
): Promise<void> {
  const now = (): number => clock.now().getTime();
  const endMs = now() + 30_000;
  let text = name;
  let shown = 0;
  while (now() < endMs) {
    let leftMs = now();
    await sink.update(
      () => {
        leftMs = now();
        shown += 1;
        text += `，${shown}`;
        return growing(text);
      },
      shown === 0 ? 'first' : 'live',
      never,
    );
    await clock.sleep(leftMs + first.capabilities.updateIntervalMs - now());
  }
  expect(shown).toBeGreaterThan(5);
  await sink.close(ended(text, { footer: '三十秒' }), never);
}
