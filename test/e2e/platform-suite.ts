import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { ShownReply } from '../contract/harness.ts';
import { plainPicture, sidewaysPhoto } from '../support/pictures.ts';
import { startPlatformBridge, type PlatformBridge, type PlatformBridgeOptions } from './platform-bridge.ts';
import type { CreateStage, StageTraits } from './stage.ts';

const saying = (text: string) => ({ answer: () => ({ text }) });
/** At 200 tokens a second about three seconds of text; no hazards, so it arrives byte for byte. */
const story = Array.from({ length: 120 }, (_, index) => `第${index}句。`).join('');
const joined = (replies: readonly ShownReply[]): string => replies.map(({ text }) => text).join('');

/** What every platform must do, the whole way in real processes over real sockets. */
export function describePlatform(name: string, createStage: CreateStage, traits: StageTraits): void {
  describe(name, () => {
    let bridge: PlatformBridge;
    const begin = async (options: PlatformBridgeOptions = {}): Promise<PlatformBridge> =>
      (bridge = await startPlatformBridge(createStage, options));
    afterEach(() => bridge.stop());

    it('answers a question with the model’s words, whole, in one reply', async () => {
      const { stage, closed, qwen } = await begin({ qwen: saying('结论：**超支**的是市场部 😀。') });
      stage.say({ where: 'group', text: '哪个部门超支了？' });
      const replies = await closed(1);
      expect(replies).toHaveLength(1);
      expect(replies[0]?.text).toContain('结论：**超支**的是市场部 😀。');
      expect(qwen.chats[0]?.question?.messages.at(-1)?.text).toBe('哪个部门超支了？');
      expect(stage.refused()).toEqual([]);
    });

    it.runIf(traits.pictures.most > 0)('shows the model the pictures upright, then the words', async () => {
      const { stage, closed, qwen } = await begin();
      const pictures = [await sidewaysPhoto(), await plainPicture('#00aa00')].slice(0, traits.pictures.most);
      const words = traits.pictures.withWords ? { text: '看图' } : {};
      stage.say({ where: 'direct', pictures, ...words });
      await closed(1, 'direct');
      const seen = qwen.chats[0]?.question?.messages.at(-1);
      expect(seen?.images).toHaveLength(pictures.length);
      const { data, info } = await sharp(seen?.images[0]?.bytes).raw().toBuffer({ resolveWithObject: true });
      const red = (row: number): number => data[(row * info.width + 10) * info.channels] ?? 0;
      expect(red(10)).toBeGreaterThan(150);
      expect(red(info.height - 10)).toBeLessThan(100);
    });

    it.runIf(traits.live)('shows the answer growing, each state the beginning of the next', async () => {
      const { stage, until, closed } = await begin({ qwen: saying(story) });
      stage.say({ where: 'group', text: '讲个故事' });
      const states: string[] = [];
      await until(async () => {
        const [reply] = await stage.replies('group');
        if (reply?.live === true && reply.text !== states.at(-1)) states.push(reply.text);
        return reply?.live === false;
      }, 'the end');
      const texts = states.filter((text) => story.startsWith(text) && text !== '');
      expect(texts.length).toBeGreaterThan(2);
      texts.forEach((text, index) => expect(text.startsWith(texts[index - 1] ?? '')).toBe(true));
      expect(joined(await closed(1))).toContain(story);
      expect(stage.refused()).toEqual([]);
    });

    it('gives one reply to five deliveries of one message', async () => {
      const { stage, closed, qwen, until } = await begin();
      const sent = stage.say({ where: 'group', text: '你好' });
      stage.redeliver(sent, 4);
      await closed(1);
      await until(() => stage.settled(), 'all deliveries taken');
      expect(await closed(1)).toHaveLength(1);
      expect(qwen.chats).toHaveLength(1);
    });

    it('answers three people at once, and no call is refused', async () => {
      const { stage, closed } = await begin({ qwen: saying(story) });
      stage.say({ where: 'group', text: '一' });
      stage.say({ where: 'group', from: 'colleague', text: '二' });
      stage.say({ where: 'direct', text: '三' });
      const inGroup = await closed(2, 'group');
      const direct = await closed(1, 'direct');
      for (const { text } of [...inGroup, ...direct]) expect(text).toContain(story);
      expect(stage.refused()).toEqual([]);
    });

    it('stops on demand and lets the model go', async () => {
      const { stage, until, closed, qwen } = await begin({
        qwen: { ...saying(story), speed: { firstTokenDelayMs: 20, tokensPerSecond: 15 } },
      });
      stage.say({ where: 'direct', text: '讲个故事' });
      await until(() => (qwen.chats[0]?.tokenTimes.length ?? 0) > 8, 'the model speaks');
      if (traits.buttons) {
        await until(
          async () => ((await stage.replies('direct'))[0]?.buttons.length ?? 0) > 0,
          'a stop button',
        );
        const [reply] = await stage.replies('direct');
        if (reply !== undefined) await stage.press(reply, '停止', 'asker');
        await closed(1, 'direct');
      } else {
        stage.say({ where: 'direct', text: '/stop' });
        await closed(2, 'direct');
      }
      await until(() => qwen.aborts === 1, 'the model is let go');
      const words = (await stage.replies('direct')).map((reply) => reply.words).join('\n');
      expect(words).toContain('已停止');
    });

    it('brings a long answer whole, in as many parts as it takes', async () => {
      const text = Array.from(
        { length: 330 },
        (_, index) => `第 ${index} 段：这里有二十来个汉字，用来把消息填满。\n\n`,
      ).join('');
      const { stage, until } = await begin({
        qwen: { ...saying(text), speed: { firstTokenDelayMs: 5, tokensPerSecond: 20_000 } },
      });
      stage.say({ where: 'direct', text: '写长一点' });
      await until(
        async () => {
          const replies = await stage.replies('direct');
          return replies.every(({ live }) => !live) && joined(replies).includes('第 329 段');
        },
        'the last part',
        40_000,
      );
      const shown = joined(await stage.replies('direct'));
      for (let index = 0; index < 330; index += 1)
        expect(shown).toContain(`第 ${index} 段：这里有二十来个汉字，用来把消息填满。`);
      expect(stage.refused()).toEqual([]);
    });

    it.each([
      ['down', '连不上模型服务器'],
      ['silent', '没有开始回答'],
      ['stalled', '停住了'],
      ['cut off', '不完整'],
    ] as const)(
      'tells in plain words that the model server is %s, and answers again once it is back',
      async (how, words) => {
        const { stage, closed, qwen } = await begin({
          qwen: saying(story),
          environment: { QWEN_FIRST_TOKEN_TIMEOUT_MS: '1500', QWEN_IDLE_TIMEOUT_MS: '800' },
        });
        if (how === 'down') await qwen.goDown('refuse');
        if (how === 'silent') qwen.setFault({ type: 'stall-before-first-token' });
        if (how === 'stalled') qwen.setFault({ type: 'stall', afterTokens: 5 });
        if (how === 'cut off') qwen.setFault({ type: 'end-early', afterTokens: 5 });
        stage.say({ where: 'direct', text: '在吗' });
        const [failed] = await closed(1, 'direct');
        expect(failed?.words).toContain(words);
        expect(failed?.words).not.toMatch(/127\.0\.0\.1|ECONN|undefined/);
        if (how === 'down') await qwen.comeBack();
        qwen.setFault(undefined);
        stage.say({ where: 'direct', text: '在吗' });
        const replies = await closed(2, 'direct');
        expect(replies.at(-1)?.text).toContain(story);
      },
    );

    it('after kill -9 in mid-answer ends with one whole answer or an honest note', async () => {
      const { stage, until, restart, closed, qwen } = await begin({
        qwen: { ...saying(story), speed: { firstTokenDelayMs: 20, tokensPerSecond: 30 } },
      });
      stage.say({ where: 'group', text: '讲个故事' });
      await until(() => (qwen.chats[0]?.tokenTimes.length ?? 0) > 15, 'the model speaks');
      qwen.setSpeed({ firstTokenDelayMs: 5, tokensPerSecond: 2_000 });
      await restart('SIGKILL');
      const shown = await closed(1);
      if (traits.resumes) expect(shown).toHaveLength(1);
      const words = shown.map((reply) => reply.words).join('\n');
      expect(joined(shown).includes(story) || words.includes('重启')).toBe(true);
    });

    it('loses no accepted message to kill -9 at an early moment, and answers none twice', async () => {
      const { stage, until, restart, closed } = await begin({ qwen: saying('答案') });
      for (let round = 0; round < 3; round += 1) {
        stage.say({ where: 'direct', text: `问题 ${round}` });
        await until(() => stage.settled(), 'taken');
        await restart('SIGKILL');
        const shown = await closed(round + 1, 'direct');
        expect(shown).toHaveLength(round + 1);
        expect(shown[round]?.text).toContain('答案');
      }
    });

    it('on SIGTERM lets a running answer finish and exits with 0', async () => {
      const { stage, until, qwen, service } = await begin({ qwen: saying(story.slice(0, 300)) });
      stage.say({ where: 'direct', text: '讲个故事' });
      await until(() => (qwen.chats[0]?.tokenTimes.length ?? 0) > 3, 'the model speaks');
      expect(await service.end('SIGTERM')).toBe(0);
      const shown = await stage.replies('direct');
      expect(joined(shown)).toContain(story.slice(0, 300));
      expect(shown.every(({ live }) => !live)).toBe(true);
    });

    it('tells an administrator its state while the model server is down, and others nothing', async () => {
      const { stage, closed, qwen } = await begin();
      await qwen.goDown('refuse');
      stage.say({ where: 'direct', text: '/status' });
      const [status] = await closed(1, 'direct');
      if (traits.forgeable === true) expect(status?.words).toContain('只有管理员');
      else expect(status?.words).toContain(`127.0.0.1:${qwen.port}`);
      stage.say({ where: 'group', from: 'colleague', text: '/status' });
      const [refusal] = await closed(1, 'group');
      expect(refusal?.words).toContain('只有管理员');
      expect(refusal?.words).not.toContain(String(qwen.port));
    });

    it('keeps secrets and words out of its log, also at trace', async () => {
      const { stage, closed, service } = await begin({ environment: { LOG_LEVEL: 'trace' } });
      stage.say({ where: 'group', text: '机密内容甲乙丙' });
      await closed(1);
      const everything = JSON.stringify(service.log) + service.errors();
      for (const secret of stage.secrets) expect(everything).not.toContain(secret);
      expect(everything).not.toContain('甲乙丙');
    });
  });
}
