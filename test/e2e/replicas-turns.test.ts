import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShownReply } from '../contract/harness.ts';
import { postgresIsMissing, postgresUrl } from '../fakes/postgres.ts';
import type { AnswerFunction } from '../simulators/qwen/types.ts';
import { feishuStage } from './feishu-stage.ts';
import { acceptedBy, startPair, type Pair } from './replicas-pair.ts';
import type { CreateStage } from './stage.ts';
import { wecomStage } from './wecom-stages.ts';

const server = await postgresUrl();
const story = '从前有一座山，山里有一座庙。'.repeat(6);
const longStory = story.repeat(4);
/** The story takes about two seconds, so that the other process has time to interfere. */
const speed = { firstTokenDelayMs: 20, tokensPerSecond: 30 };
const answer: AnswerFunction = ({ messages }) => {
  const asked = messages.at(-1)?.text;
  if (asked === '短的') return { text: '一句话' };
  return { text: asked === '很长的' ? longStory : story };
};

function describePair(title: string, stage: CreateStage, behaviours: (pair: () => Pair) => void): void {
  describe.skipIf(server === undefined)(server === undefined ? postgresIsMissing : title, () => {
    let pair: Pair;
    beforeAll(async () => {
      pair = await startPair(server ?? '', stage, { answer, speed });
    });
    afterAll(() => pair.stop());
    behaviours(() => pair);
  });
}

describePair('a question that one of two replicas has taken', feishuStage('webhook'), (pair) => {
  it('is answered before the next one of its conversation, which another one has taken', async () => {
    const { a, b, qwen, say, until, replies } = pair();
    await say(a, { where: 'group', text: '长的' });
    await until(() => qwen.chats.length === 1, 'the model is asked the first');
    await say(b, { where: 'group', text: '短的' });
    const waits = ({ words }: ShownReply): boolean => words.includes('前面还有 1 个问题');
    await until(async () => (await replies('group')).some(waits), 'the second says that it waits');
    expect(qwen.chats.map(({ outcome }) => outcome)).toEqual(['open']);
    const ended = async (): Promise<boolean> => (await replies('group')).every(({ live }) => !live);
    await until(ended, 'both are answered');
    expect((await replies('group')).map(({ text }) => text)).toEqual([story, '一句话']);
    // Asked only then, it knows what was said before it.
    expect(qwen.chats[1]?.question?.messages.map(({ text }) => text)).toContain(story);
    expect([acceptedBy(a), acceptedBy(b)]).toEqual([1, 1]);
  });

  it('ends as stopped when it died and the other was told so before taking over; the text stays', async () => {
    const { a, b, qwen, stage, reach, say, until, replies } = pair();
    await say(a, { where: 'group', text: '很长的' });
    const growing = async (): Promise<ShownReply | undefined> =>
      (await replies('group')).find(({ live }) => live);
    // The answer is stored every two seconds: what was shown beyond that goes with the process.
    await until(async () => ((await growing())?.text.length ?? 0) > 180, 'some of it is stored');
    const shown = await growing();
    await a.end('SIGKILL');
    if (shown === undefined) throw new Error('nothing was shown');
    await reach(b);
    const asked = qwen.chats.length;
    expect(await stage.press(shown, '停止', 'asker')).toBe('正在停止');
    await until(async () => (await growing()) === undefined, 'it has ended', 30_000);
    const stopped = (await replies('group')).find(({ id }) => id === shown.id);
    expect(stopped?.words).toContain('已停止');
    expect(stopped?.text.length).toBeGreaterThan(20);
    expect(longStory.startsWith(stopped?.text ?? '')).toBe(true);
    expect(qwen.chats).toHaveLength(asked);
    expect(stage.refused()).toEqual([]);
  });
});

describePair('an answer that one of two replicas makes', wecomStage('bot-webhook'), (pair) => {
  it('is shown to its end though WeCom asks the other one for it', async () => {
    const { a, b, reach, say, until, replies } = pair();
    await say(a, { where: 'direct', text: '长的' });
    await reach(b);
    const states = new Set<string>();
    await until(async () => {
      const [reply] = await replies('direct');
      if (reply !== undefined) states.add(reply.text);
      return reply?.live === false;
    }, 'it has ended');
    expect((await replies('direct')).map(({ text }) => text)).toEqual([expect.stringContaining(story)]);
    expect(states.size).toBeGreaterThan(3);
    expect([acceptedBy(a), acceptedBy(b)]).toEqual([1, 0]);
  });
});
