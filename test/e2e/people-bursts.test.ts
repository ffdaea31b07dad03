import { afterEach, describe, expect, it } from 'vitest';
import { plainPicture } from '../support/pictures.ts';
import type { RecordedRequest } from '../simulators/qwen/types.ts';
import { integrations } from './integrations.ts';
import { startPlatformBridge, type PlatformBridge } from './platform-bridge.ts';

/** Slow to begin, so that what is said next comes before any text. */
const pensive = { firstTokenDelayMs: 2_500, tokensPerSecond: 2_000 };
const story = Array.from({ length: 120 }, (_, index) => `第${index}句。`).join('');

const wordsOf = (chat: RecordedRequest | undefined): string | undefined =>
  chat?.question?.messages.at(-1)?.text;

describe.each(integrations)('$name: several messages of one person', ({ create, traits }) => {
  let bridge: PlatformBridge;
  const begin = async (answer: string, speed = pensive): Promise<PlatformBridge> =>
    (bridge = await startPlatformBridge(create, { qwen: { answer: () => ({ text: answer }), speed } }));
  afterEach(() => bridge.stop());

  const asked = (count: number): Promise<void> =>
    bridge.until(() => bridge.qwen.chats.length >= count, `asked ${count} times`);
  /** What the model answered to its end, in order. */
  const finished = (): RecordedRequest[] => bridge.qwen.chats.filter(({ outcome }) => outcome === 'finished');

  it.runIf(traits.pictures.most > 0)('a picture, then its question, are one question', async () => {
    const { stage, closed } = await begin('是一块绿色。');
    stage.say({ where: 'direct', pictures: [await plainPicture('#00aa00')] });
    await asked(1);
    stage.say({ where: 'direct', text: '这是什么颜色？' });
    const replies = await closed(1, 'direct');
    expect(replies).toHaveLength(1);
    expect(replies[0]?.text).toContain('是一块绿色。');
    expect(finished().map(wordsOf)).toEqual(['这是什么颜色？']);
    expect(finished()[0]?.question?.messages.at(-1)?.images).toHaveLength(1);
    expect(stage.refused()).toEqual([]);
  });

  it('a sentence in three messages is one question, a redelivered part is no fourth', async () => {
    const { stage, closed } = await begin('明白了。');
    stage.say({ where: 'group', text: '我想问' });
    await asked(1);
    const part = stage.say({ where: 'group', text: '关于报销的' });
    await asked(2);
    stage.redeliver(part, 2);
    stage.say({ where: 'group', text: '流程是什么' });
    await asked(3);
    const replies = await closed(1);
    expect(replies).toHaveLength(1);
    expect(finished().map(wordsOf)).toEqual(['我想问\n关于报销的\n流程是什么']);
    expect(stage.refused()).toEqual([]);
  });

  it('a second question after text was shown waits its turn, with its place in line, and is answered', async () => {
    const { stage, until, closed } = await begin(story, { firstTokenDelayMs: 20, tokensPerSecond: 60 });
    stage.say({ where: 'group', text: '第一个问题' });
    await until(() => (bridge.qwen.chats[0]?.tokenTimes.length ?? 0) > 5, 'the model speaks');
    stage.say({ where: 'group', text: '第二个问题' });
    if (traits.live) {
      const waiting = async (): Promise<boolean> =>
        (await stage.replies('group')).some(({ words, progress }) =>
          /前面还有 1 个问题/.test(`${words}${progress ?? ''}`),
        );
      await until(waiting, 'a place in line');
    }
    bridge.qwen.setSpeed({ firstTokenDelayMs: 5, tokensPerSecond: 2_000 });
    const replies = await closed(2);
    expect(replies).toHaveLength(2);
    for (const { text } of replies) expect(text).toContain(story);
    expect(finished().map(wordsOf)).toEqual(['第一个问题', '第二个问题']);
    expect(stage.refused()).toEqual([]);
  });

  it('ten at once: none is lost, none asked twice', async () => {
    const { stage, until, closed } = await begin('都看到了。', {
      firstTokenDelayMs: 300,
      tokensPerSecond: 2_000,
    });
    const texts = Array.from({ length: 10 }, (_, index) => `第${index}条`);
    texts.forEach((text) => stage.say({ where: 'group', text }));
    const answered = (): string[] => finished().flatMap((chat) => wordsOf(chat)?.split('\n') ?? []);
    await until(() => answered().length >= texts.length, 'all answered');
    await closed(1);
    expect(answered().toSorted()).toEqual(texts);
    expect(stage.refused()).toEqual([]);
  });

  it('after kill -9 are taken up together, nothing twice', async () => {
    const { stage, until, closed, restart } = await begin('都看到了。', {
      firstTokenDelayMs: 60_000,
      tokensPerSecond: 2_000,
    });
    stage.say({ where: 'group', text: '第一句' });
    await asked(1);
    stage.say({ where: 'group', text: '第二句' });
    await asked(2);
    stage.say({ where: 'group', text: '第三句' });
    await asked(3);
    await until(() => stage.settled() || !traits.redelivers, 'taken');
    bridge.qwen.setSpeed({ firstTokenDelayMs: 5, tokensPerSecond: 2_000 });
    await restart('SIGKILL');
    const replies = await closed(1);
    expect(replies).toHaveLength(1);
    expect(replies[0]?.text).toContain('都看到了。');
    expect(finished().map(wordsOf)).toEqual(['第一句\n第二句\n第三句']);
    expect(stage.refused()).toEqual([]);
  });
});
