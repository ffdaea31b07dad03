import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import type { MessageView } from '../simulators/feishu/views.ts';
import { plainPicture, sidewaysPhoto } from '../support/pictures.ts';
import { startBridge, type Bridge, type BridgeOptions } from './feishu-bridge.ts';

let bridge: Bridge;

async function begin(options: BridgeOptions = {}): Promise<Bridge> {
  bridge = await startBridge(options);
  return bridge;
}

afterEach(() => bridge.stop());

/** Every word the card shows, wherever it stands. */
const wordsOf = (reply: MessageView | undefined): string => JSON.stringify(reply?.card?.json);
const saying = (text: string) => ({ answer: () => ({ text }) });
/** About six seconds of text. */
const longText = Array.from({ length: 240 }, (_, index) => `第${index}句。`).join('');

describe.each([{ webhook: false }, { webhook: true }])('in a group, webhook: $webhook', ({ webhook }) => {
  it('a question with two pictures is answered in a card whose text is the model’s, byte for byte', async () => {
    const text =
      '结论：\n\n| 部门 | 超支 |\n|---|---|\n| 市场 | 12% |\n\n```python\nprint("<b>")\n```\n\n- 完 😀👨‍👩‍👧\n';
    const { ask, closed, answer, qwen, feishu } = await begin({ webhook, qwen: saying(text) });
    const message = ask('哪个部门超支了？', [await sidewaysPhoto(), await plainPicture('#00aa00')]);
    const [reply] = await closed(1);
    expect(reply?.parentId).toBe(message.messageId);
    expect(answer(reply)).toBe(text);
    expect(reply?.card?.buttons.map(({ label }) => label)).toEqual(['重试', '👍', '👎']);
    expect(reply?.card?.summary).toContain('结论');
    expect(wordsOf(reply)).toMatch(/· #\w{4} · 你的对话/);
    const seen = qwen.chats[0]?.question?.messages.at(-1);
    expect(seen?.text).toBe('哪个部门超支了？');
    expect(seen?.order).toEqual(['image', 'image', 'text']);
    const [photo, plain] = seen?.images ?? [];
    expect(photo?.orientation ?? 1).toBe(1);
    // Red above, blue below: upright.
    const { data, info } = await sharp(photo?.bytes).raw().toBuffer({ resolveWithObject: true });
    const pixel = (row: number) => [...data.subarray((row * info.width + 10) * info.channels).subarray(0, 3)];
    expect(pixel(10)[0]).toBeGreaterThan(150);
    expect(pixel(info.height - 10)[2]).toBeGreaterThan(150);
    expect([plain?.width, plain?.height].every((side) => (side ?? 1) % 32 === 0)).toBe(true);
    expect(feishu.refused()).toEqual([]);
  });

  it('the answer grows as a prefix, is whole at the end, and no call is refused', async () => {
    const { ask, closed, answer, feishu } = await begin({ webhook, qwen: saying(longText) });
    ask('讲个长故事');
    const [reply] = await closed(1);
    expect(answer(reply)).toBe(longText);
    expect(reply?.card?.redraws).toBe(0);
    expect(reply?.card?.history.length).toBeGreaterThan(3);
    const { sequences } = reply?.card ?? { sequences: [] };
    sequences.forEach((sequence, index) => expect(sequence).toBeGreaterThan(sequences[index - 1] ?? 0));
    expect(feishu.refused()).toEqual([]);
  });

  it('five deliveries of one message give one reply', async () => {
    const { say, closed, qwen, until, feishu } = await begin({ webhook });
    const message = say({ kind: 'text', text: '@{bot} 你好' }, { copies: 5 });
    await closed(1);
    await feishu.redeliver(message, { newEventId: true });
    await until(() => feishu.deliveries().length >= 6, 'all deliveries');
    expect(await closed(1)).toHaveLength(1);
    expect(qwen.chats).toHaveLength(1);
  });

  it('the stop button ends the answer within a second and keeps its text', async () => {
    const { ask, until, replies, feishu, alice, bob, closed, answer, qwen } = await begin({
      webhook,
      qwen: { ...saying(longText), speed: { firstTokenDelayMs: 20, tokensPerSecond: 20 } },
    });
    ask('讲个长故事');
    await until(() => answer(replies()[0]).length > 10, 'some text');
    const message = feishu.message(replies()[0]?.messageId ?? '');
    if (message === undefined) throw new Error('no reply');
    expect(await feishu.press({ message, button: { label: '停止' }, by: bob })).toMatchObject({
      code: 0,
      toast: { content: '只有提问的人和管理员可以操作' },
    });
    expect(await feishu.press({ message, button: { label: '停止' }, by: alice })).toMatchObject({
      code: 0,
      toast: { content: '正在停止' },
    });
    const [reply] = await closed(1);
    expect(longText.startsWith(answer(reply))).toBe(true);
    expect(answer(reply).length).toBeGreaterThan(10);
    expect(wordsOf(reply)).toContain('已停止');
    await until(() => qwen.aborts === 1, 'the model is let go');
  });
});

describe('what wakes the bot', () => {
  it('is its own mention or a direct chat, not @all and not a mention of somebody else', async () => {
    const { say, closed, feishu, alice, bob, replies, qwen } = await begin({
      feishu: { rules: { groupMessages: 'all' } },
    });
    say({ kind: 'text', text: '@{all} 开会' });
    say({ kind: 'text', text: `@{${bob.openId}} 在吗` });
    say({ kind: 'text', text: '没人理我' });
    const direct = feishu.directChat(alice);
    say({ kind: 'text', text: '你好' }, { chat: direct });
    await closed(1, direct.chatId);
    expect(replies()).toHaveLength(0);
    expect(qwen.chats).toHaveLength(1);
  });

  it('in a topic, the reply stays there and the topic has a memory of its own', async () => {
    const { ask, closed, replies, qwen } = await begin();
    const root = ask('一');
    await closed(1);
    ask('二', [], { replyTo: root, inThread: true });
    const [, second] = await closed(2);
    expect(second?.threadId).toBeDefined();
    expect(qwen.chats[1]?.question?.messages.map(({ role }) => role)).not.toContain('assistant');
    expect(replies()).toHaveLength(2);
  });
});

describe('odd messages', () => {
  const bytes = Buffer.from('x');
  it.each([
    ['文件', { kind: 'file', file: { bytes, name: 'a.pdf' } }],
    ['语音', { kind: 'audio', audio: { bytes }, durationMs: 1000 }],
    ['视频', { kind: 'media', video: { bytes }, cover: { bytes }, durationMs: 1000 }],
    ['表情', { kind: 'sticker' }],
  ] as const)('%s gets one polite sentence', async (name, said) => {
    const { say, closed, feishu, alice, qwen } = await begin();
    const chat = feishu.directChat(alice);
    say(said, { chat });
    const replies = await closed(1, chat.chatId);
    expect(replies).toHaveLength(1);
    expect(wordsOf(replies[0])).toContain(`我还读不了${name}`);
    expect(qwen.chats).toHaveLength(0);
    expect(feishu.refused()).toEqual([]);
  });

  it('a quoted message comes along with its picture', async () => {
    const { say, ask, closed, bob, qwen } = await begin();
    const quoted = say(
      {
        kind: 'post',
        paragraphs: [
          [{ tag: 'text', text: '上月报表' }],
          [{ tag: 'img', image: { bytes: await plainPicture('#aa00aa') } }],
        ],
      },
      { from: bob },
    );
    ask('这里说什么？', [], { replyTo: quoted });
    await closed(1);
    const seen = qwen.chats[0]?.question?.messages.at(-1);
    expect(seen?.text).toContain('> 上月报表');
    expect(seen?.text).toContain('这里说什么？');
    expect(seen?.images).toHaveLength(1);
  });

  it('corrupt and hostile pictures get a closed reply with a sentence', async () => {
    const { say, closed, feishu, alice, qwen } = await begin();
    const chat = feishu.directChat(alice);
    const pictures = [
      Buffer.from('<html></html>'),
      (await plainPicture('#fff')).subarray(0, 60),
      Buffer.from('....ftypheic....'),
      Buffer.alloc(0),
    ];
    // One after the other: several pictures at once would be one question.
    for (const [index, image] of pictures.entries()) {
      say({ kind: 'image', image: { bytes: image } }, { chat });
      await closed(index + 1, chat.chatId);
    }
    const replies = await closed(pictures.length, chat.chatId);
    for (const reply of replies) expect(wordsOf(reply)).toMatch(/没能读取图片/);
    expect(qwen.chats).toHaveLength(0);
  });

  it('model text that would ping people or break the card is made harmless', async () => {
    const { ask, closed, feishu } = await begin({
      qwen: saying('<at id=all></at> ![x](http://evil.example/x.png) 完'),
    });
    ask('你好');
    const [reply] = await closed(1);
    expect(reply?.pings).toEqual([]);
    expect(wordsOf(reply)).toContain('完');
    expect(feishu.refused()).toEqual([]);
  });

  it('an answer longer than a card goes on in the next one, whole', async () => {
    const text = Array.from(
      { length: 560 },
      (_, index) => `第 ${index} 段：这里有二十来个汉字，用来把卡片填满。\n\n`,
    ).join('');
    const { ask, until, replies, closed, answer, feishu } = await begin({
      qwen: { ...saying(text), speed: { firstTokenDelayMs: 5, tokensPerSecond: 20_000 } },
    });
    ask('写长一点');
    await until(
      () =>
        replies()
          .at(-1)
          ?.card?.buttons.some(({ label }) => label === '重试') === true,
      'the end',
    );
    const shown = await closed(3);
    expect(shown.map(answer).join('')).toBe(text);
    expect(feishu.refused()).toEqual([]);
  });
});

describe('a model server in trouble', () => {
  it.each([
    ['down', '连不上模型服务器'],
    ['loading', '正在启动'],
  ] as const)(
    '%s: the reply is closed with a plain sentence, and the next question works once it is back',
    async (how, words) => {
      const { ask, closed, qwen, answer, service } = await begin({
        qwen: saying('好了'),
        environment: { QWEN_FIRST_TOKEN_TIMEOUT_MS: '3000' },
      });
      await qwen.goDown(how === 'down' ? 'refuse' : 'loading');
      ask('在吗');
      const [failed] = await closed(1);
      expect(wordsOf(failed)).toContain(words);
      expect(wordsOf(failed)).not.toMatch(/127\.0\.0\.1|ECONN|503/);
      expect(JSON.stringify(service.log)).toMatch(/unreachable|loading/);
      await qwen.comeBack();
      ask('在吗');
      const replies = await closed(2);
      expect(answer(replies[1])).toBe('好了');
    },
  );

  it.each([
    ['cut off', { type: 'end-early', afterTokens: 5 }, /不完整/],
    ['reset', { type: 'reset', afterTokens: 5 }, /不完整/],
    ['stalled', { type: 'stall', afterTokens: 5 }, /停住了/],
    ['silent', { type: 'stall-before-first-token' }, /没有开始回答/],
    ['web page', { type: 'html-stream' }, /不是模型服务器|不接受|没有给出回答/],
    ['error event', { type: 'error-event', afterTokens: 0, done: true }, /出错|崩溃/],
  ] as const)('%s: the reply is closed with a plain sentence', async (_name, fault, words) => {
    const { ask, closed, qwen } = await begin({
      qwen: saying(longText),
      environment: { QWEN_FIRST_TOKEN_TIMEOUT_MS: '1500', QWEN_IDLE_TIMEOUT_MS: '1000' },
    });
    qwen.setFault(fault);
    ask('讲个故事');
    const [reply] = await closed(1);
    expect(wordsOf(reply)).toMatch(words);
    expect(reply?.card?.buttons.map(({ label }) => label)).toContain('重试');
  });
});

describe('restarts', () => {
  it('kill -9 in mid-answer and a restart give one closed card with the full answer', async () => {
    const { ask, until, replies, restart, closed, answer, qwen, feishu } = await begin({
      qwen: { ...saying(longText), speed: { firstTokenDelayMs: 20, tokensPerSecond: 30 } },
    });
    ask('讲个长故事');
    await until(() => answer(replies()[0]).length > 20, 'some text');
    qwen.setSpeed({ firstTokenDelayMs: 5, tokensPerSecond: 2_000 });
    await restart('SIGKILL');
    const shown = await closed(1);
    expect(shown).toHaveLength(1);
    expect(answer(shown[0])).toBe(longText);
    expect(feishu.refused()).toEqual([]);
  });

  it('kill -9 at a random early moment loses no accepted message and gives no second card', async () => {
    const { ask, restart, closed, answer, until, feishu } = await begin({ qwen: saying('答案') });
    for (let round = 0; round < 4; round += 1) {
      const before = feishu.deliveries().length;
      ask(`问题 ${round}`);
      await until(() => feishu.deliveries().length > before, 'delivery');
      await new Promise((resolve) => setTimeout(resolve, round * 8));
      await restart('SIGKILL');
      const shown = await closed(round + 1);
      expect(shown).toHaveLength(round + 1);
      expect(answer(shown[round])).toBe('答案');
    }
  });

  it('SIGTERM lets a running answer finish and exits with 0', async () => {
    const { ask, until, replies, answer, service } = await begin({
      qwen: { ...saying(longText.slice(0, 400)), speed: { firstTokenDelayMs: 20, tokensPerSecond: 100 } },
    });
    ask('讲个故事');
    await until(() => answer(replies()[0]).length > 5, 'some text');
    expect(await service.end('SIGTERM')).toBe(0);
    expect(replies()[0]?.card?.streaming).toBe(false);
    expect(answer(replies()[0])).toBe(longText.slice(0, 400));
  });

  it('SIGTERM closes what cannot finish in time with a note, and exits with 0', async () => {
    const { ask, until, replies, answer, service } = await begin({
      qwen: { ...saying(longText), speed: { firstTokenDelayMs: 20, tokensPerSecond: 5 } },
      environment: { SHUTDOWN_GRACE_MS: '300' },
    });
    ask('讲个长故事');
    await until(() => answer(replies()[0]).length > 5, 'some text');
    expect(await service.end('SIGTERM')).toBe(0);
    expect(replies()[0]?.card?.streaming).toBe(false);
    expect(wordsOf(replies()[0])).toContain('正在重启');
  });
});

describe('administrators', () => {
  it('/status answers while the model server is down, and names it in the direct chat', async () => {
    const { say, closed, feishu, alice, qwen, until, service } = await begin();
    await qwen.goDown('refuse');
    await until(() => service.log.length > 0, 'log');
    const chat = feishu.directChat(alice);
    say({ kind: 'text', text: '/status' }, { chat });
    const [reply] = await closed(1, chat.chatId);
    expect(JSON.stringify(reply?.card?.json)).toContain(`127.0.0.1:${qwen.port}`);
    expect(feishu.refused()).toEqual([]);
  });
});

describe('secrets', () => {
  it('appear in no log line, whatever goes wrong', async () => {
    const { ask, closed, feishu, service, qwen } = await begin({
      environment: { LOG_LEVEL: 'trace', QWEN_API_KEY: 'sk-canary-123456' },
      qwen: { apiKey: 'sk-other' },
    });
    feishu.revokeTokens();
    ask('你好');
    await closed(1);
    await qwen.goDown('refuse');
    ask('你好');
    await closed(2);
    const everything = JSON.stringify(service.log) + service.errors();
    for (const secret of [feishu.app.appSecret, 'sk-canary-123456']) expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(/t-[0-9a-zA-Z]{20,}/);
    expect(everything).not.toContain('你好');
  });
});
