import { decryptFile, type WSClient } from '@wecom/aibot-node-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { WeComSimulatorOptions } from './options.ts';
import { connect, framesOf, setStage, verdict, type Received, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

type Connected = Stage & { readonly client: WSClient; readonly next: () => Promise<Received> };

async function stage(options?: WeComSimulatorOptions): Promise<Connected> {
  const set = await setStage(ends, options);
  const client = await connect(set);
  return { ...set, client, next: framesOf(client).next };
}

/** A stage on which Alice has just asked something in the group. */
async function asked(options?: WeComSimulatorOptions): Promise<Connected & { readonly question: Received }> {
  const set = await stage(options);
  set.sim.say({ chat: set.group, from: set.alice, said: { kind: 'text', text: '@{bot} 你好' } });
  return { ...set, question: await set.next() };
}

describe('callbacks on the long connection', () => {
  it('carry a group text with the literal mention and opaque ids', async () => {
    const { sim, group, alice, next } = await stage();
    const { message } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} 你好' } });
    const { frame, body } = await next();
    expect(frame.cmd).toBe('aibot_msg_callback');
    expect(body).toEqual({
      msgid: message.messageId,
      aibotid: sim.corp.botId,
      chatid: group.chatId,
      chattype: 'group',
      from: { userid: 'XiaoLi' },
      msgtype: 'text',
      text: { content: '@Qwen 助手 你好' },
    });
  });

  it('leave out what a group does not hand over: silence about the bot, and pictures alone', async () => {
    const { sim, group, alice, next } = await stage();
    sim.say({ chat: group, from: alice, said: { kind: 'text', text: '大家好' } });
    sim.say({ chat: group, from: alice, said: { kind: 'image', image: { bytes: pixel } } });
    sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    expect((await next()).body).toMatchObject({ text: { content: '@Qwen 助手 hi' } });
    expect(sim.deliveries()).toHaveLength(1);
    expect(sim.messages(group.chatId)).toHaveLength(3);
  });

  it('carry direct messages of every kind', async () => {
    const { sim, alice, next } = await stage();
    const chat = sim.directChat(alice);
    sim.say({ chat, from: alice, said: { kind: 'voice', transcript: '' } });
    expect((await next()).body).toMatchObject({
      chattype: 'single',
      msgtype: 'voice',
      voice: { content: '' },
    });
    sim.say({ chat, from: alice, said: { kind: 'file', file: { bytes: pixel, fileName: '报告.pdf' } } });
    expect((await next()).body['file']).toEqual({ url: expect.any(String), aeskey: expect.any(String) });
    sim.say({ chat, from: alice, said: { kind: 'video', video: { bytes: pixel } } });
    expect((await next()).body).toMatchObject({ msgtype: 'video' });
    sim.say({ chat, from: alice, said: { kind: 'link', title: '标题', url: 'https://example.com/a' } });
    const link = (await next()).body;
    expect(link).toMatchObject({ msgtype: 'text', text: { content: 'https://example.com/a' } });
    expect(link).not.toHaveProperty('chatid');
  });

  it('carry a quoted picture and a mixed message, each address with its own key', async () => {
    const { sim, group, alice, bob, client, next } = await stage();
    const { message } = sim.say({ chat: group, from: bob, said: { kind: 'image', image: { bytes: pixel } } });
    const image = { kind: 'image', image: { bytes: pixel, fileName: 'a b.png' } } as const;
    const items = [{ kind: 'text', text: '@{bot} 比较' } as const, image, image];
    sim.say({ chat: group, from: alice, said: { kind: 'mixed', items }, quoting: message });
    const { body } = await next();
    expect(body).toMatchObject({
      msgtype: 'mixed',
      mixed: { msg_item: [{ msgtype: 'text' }, { msgtype: 'image' }, { msgtype: 'image' }] },
      quote: { msgtype: 'image', image: { aeskey: expect.stringMatching(/^[A-Za-z0-9+/]{43}$/) } },
    });
    const pictures = Array.from(JSON.stringify(body).matchAll(/"url":"([^"]+)","aeskey":"([^"]+)"/g));
    expect(new Set(pictures.map(([, , key]) => key)).size).toBe(3);
    for (const [, url, key] of pictures) {
      expect((await client.downloadFile(url ?? '', key)).buffer).toEqual(pixel);
    }
  });

  it('are lost while nobody is connected, and are not sent again', async () => {
    const set = await setStage(ends);
    const { deliveries } = set.sim.say({
      chat: set.group,
      from: set.alice,
      said: { kind: 'text', text: '@{bot} 在吗' },
    });
    expect((await deliveries[0])?.state).toBe('lost');
    const { all } = framesOf(await connect(set));
    set.sim.say({ chat: set.group, from: set.alice, said: { kind: 'text', text: '@{bot} 第二次' } });
    await expect.poll(() => all.length).toBe(1);
    expect(all[0]?.body).toMatchObject({ text: { content: '@Qwen 助手 第二次' } });
  });

  it('come several times with the same msgid when told to', async () => {
    const { sim, group, alice, next } = await stage();
    const { message } = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'text', text: '@{bot} hi' },
      copies: 2,
    });
    void sim.redeliver(message);
    const received = [await next(), await next(), await next()];
    expect(received.map(({ body }) => body['msgid'])).toEqual(Array(3).fill(message.messageId));
    expect(new Set(received.map(({ frame }) => frame.headers.req_id)).size).toBe(3);
  });
});

describe('encrypted media', () => {
  async function picture(set: Connected): Promise<{ readonly url: string; readonly aeskey: string }> {
    set.sim.say({
      chat: set.sim.directChat(set.alice),
      from: set.alice,
      said: { kind: 'image', image: { bytes: pixel, fileName: '图 片.png' } },
    });
    return (await set.next()).body['image'] as { url: string; aeskey: string };
  }

  it('needs its own key and the padding of 32 bytes', async () => {
    const set = await stage();
    const { url, aeskey } = await picture(set);
    expect(new URL(url).origin).toBe(set.sim.mediaUrl);
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(bytes).toHaveLength(96);
    expect(decryptFile(bytes, aeskey)).toEqual(pixel);
    expect((await set.client.downloadFile(url, aeskey)).filename).toBe('图 片.png');
  });

  it('is gone after five minutes', async () => {
    const set = await stage();
    const { url } = await picture(set);
    await set.clock.advance(299_999);
    expect((await fetch(url)).status).toBe(200);
    await set.clock.advance(1);
    expect((await fetch(url)).status).toBe(403);
  });

  it('is refused when the signature in the address was re-encoded', async () => {
    const set = await stage();
    const { url } = await picture(set);
    expect((await fetch(decodeURIComponent(url))).status).toBe(403);
  });

  it('can be cut, delayed and mislabelled', async () => {
    const set = await stage();
    const { url } = await picture(set);
    set.sim.fault('media.download', { kind: 'truncate', bytes: 10 });
    await expect((await fetch(url)).arrayBuffer()).rejects.toThrow();
    set.sim.fault('media.download', { kind: 'content-type', mime: 'text/html' });
    expect((await fetch(url)).headers.get('content-type')).toBe('text/html');
  });
});

describe('streamed answers', () => {
  it('replace the text of one bubble and keep its history', async () => {
    const { sim, clock, group, client, question } = await asked();
    await client.replyStream(question.frame, 's1', '<think>想');
    await client.replyStream(question.frame, 's1', '<think>想一想</think>你');
    await clock.advance(2000);
    await client.replyStream(question.frame, 's1', '<think>想一想</think>你好', true);
    const shown = sim.messages(group.chatId);
    expect(shown).toHaveLength(2);
    expect(shown[1]).toMatchObject({ from: { kind: 'bot' }, kind: 'stream', text: '你好' });
    expect(shown[1]?.answersId).toBe(shown[0]?.messageId);
    expect(shown[1]?.stream).toMatchObject({ state: 'finished', thinking: '想一想', redraws: 0 });
    expect(shown[1]?.stream?.history.map(({ finish, prefixExtending }) => [finish, prefixExtending])).toEqual(
      [
        [false, true],
        [false, true],
        [true, true],
      ],
    );
    const { startedMs, finishedMs } = shown[1]?.stream ?? {};
    expect((finishedMs ?? 0) - (startedMs ?? 0)).toBe(2000);
    expect(sim.refused()).toEqual([]);
  });

  it('count what rewrites shown text', async () => {
    const { sim, group, client, question } = await asked();
    await client.replyStream(question.frame, 's1', '你好世界');
    await client.replyStream(question.frame, 's1', '再见', true);
    expect(sim.messages(group.chatId)[1]?.stream).toMatchObject({ redraws: 1 });
  });

  it('open another bubble for another stream id', async () => {
    const { sim, group, client, question } = await asked();
    await client.replyStream(question.frame, 's1', '一', true);
    await client.replyStream(question.frame, 's2', '二', true);
    expect(sim.messages(group.chatId).map(({ text }) => text)).toEqual(['@Qwen 助手 你好', '一', '二']);
  });

  it('are refused with 846608 after their end', async () => {
    const { client, question, sim, group } = await asked();
    await client.replyStream(question.frame, 's1', '完', true);
    expect(await verdict(client.replyStream(question.frame, 's1', '还有'))).toBe(846608);
    expect(sim.messages(group.chatId)[1]?.text).toBe('完');
  });

  it('live six minutes from the first frame, whatever comes between', async () => {
    const { client, question, clock, sim, group } = await asked();
    await client.replyStream(question.frame, 's1', '一');
    await clock.advance(359_999);
    expect(await verdict(client.replyStream(question.frame, 's1', '一二'))).toBe(0);
    await clock.advance(1);
    expect(await verdict(client.replyStream(question.frame, 's1', '一二三', true))).toBe(846608);
    expect(sim.messages(group.chatId)[1]?.stream).toMatchObject({ state: 'expired', content: '一二' });
  });

  it('live from frame to frame, or die without a word, where that is the rule', async () => {
    const { client, question, clock, sim, group } = await asked({
      rules: { streamLifetime: 'since-last-frame', expiredStream: 'accept-without-effect' },
    });
    await client.replyStream(question.frame, 's1', '一');
    await clock.advance(300_000);
    await client.replyStream(question.frame, 's1', '一二');
    await clock.advance(300_000);
    await client.replyStream(question.frame, 's1', '一二三');
    await clock.advance(360_000);
    expect(await verdict(client.replyStream(question.frame, 's1', '一二三四', true))).toBe(0);
    expect(sim.messages(group.chatId)[1]?.stream).toMatchObject({ state: 'expired', content: '一二三' });
    expect(sim.calls().at(-1)).toMatchObject({ code: 0, unseen: 'expired', finish: true });
  });

  it('hold 20,480 bytes of UTF-8 and not one more', async () => {
    const { client, question } = await asked();
    const full = '字'.repeat(6826) + 'ab';
    expect(await verdict(client.replyStream(question.frame, 's1', full))).toBe(0);
    expect(await verdict(client.replyStream(question.frame, 's1', full + 'c'))).toBe(40058);
  });

  it('conflict with 6000 when a frame is sent before the one before it was acknowledged', async () => {
    const { sim, group, question, client } = await asked();
    const reqId = question.frame.headers.req_id;
    sim.frameFault('aibot_respond_msg', { kind: 'late-ack', milliseconds: 1000 });
    const first = client.replyStream(question.frame, 's1', '一');
    await expect.poll(() => sim.messages(group.chatId).length).toBe(2);
    // Past the SDK's queue, as another client of ours might do it.
    const socket = Reflect.get(client, 'wsManager') as { send(frame: unknown): void };
    socket.send({
      cmd: 'aibot_respond_msg',
      headers: { req_id: reqId },
      body: { msgtype: 'stream', stream: { id: 's1', finish: true, content: '一二' } },
    });
    await expect.poll(() => sim.refused().map(({ code }) => code)).toEqual([6000]);
    expect(sim.messages(group.chatId)[1]?.text).toBe('一');
    await sim.stop();
    await expect(first).rejects.toThrow();
  });

  it('are refused with 846605 for a req_id that never was, and for an event', async () => {
    const { sim, alice, client, next } = await stage();
    const unknown = { headers: { req_id: 'nothing' } };
    expect(await verdict(client.replyStream(unknown, 's1', 'hi', true))).toBe(846605);
    void sim.enterChat(alice);
    const { frame } = await next();
    expect(await verdict(client.replyStream(frame, 's1', 'hi', true))).toBe(846605);
  });

  it('go on after a reconnect, or not, by rule', async () => {
    for (const requestsSurviveReconnect of [true, false]) {
      const set = await asked({ rules: { requestsSurviveReconnect } });
      await set.client.replyStream(set.question.frame, 's1', '一');
      set.client.disconnect();
      const later = await connect(set);
      const code = await verdict(later.replyStream(set.question.frame, 's1', '一二', true));
      expect(code).toBe(requestsSurviveReconnect ? 0 : 846605);
    }
  });

  it('take pictures in the last frame only where the rules let them', async () => {
    const image = { base64: pixel.toString('base64'), md5: 'f829b914fc47cfc9c0747c119c27cf1b' };
    const item = { msgtype: 'image', image } as const;
    const strict = await asked();
    const refused = strict.client.replyStream(strict.question.frame, 's1', '图', true, [item]);
    expect(await verdict(refused)).toBe(40058);
    const lax = await asked({ rules: { msgItemOnConnection: 'show' } });
    const wrong = { msgtype: 'image', image: { ...image, md5: 'no' } } as const;
    expect(await verdict(lax.client.replyStream(lax.question.frame, 's1', '图', true, [wrong]))).toBe(40058);
    expect(await verdict(lax.client.replyStream(lax.question.frame, 's1', '图', true, [item]))).toBe(0);
    expect(lax.sim.messages(lax.group.chatId)[1]?.media).toHaveLength(1);
  });
});

describe('quotas of one chat', () => {
  it('let 30 frames and pushes through in a minute, together', async () => {
    const { client, question, group, clock, bob, sim } = await asked();
    for (let index = 1; index <= 29; index += 1) {
      await client.replyStream(question.frame, 's1', 'x'.repeat(index));
    }
    const push = { msgtype: 'markdown', markdown: { content: 'hi' } } as const;
    expect(await verdict(client.sendMessage(group.chatId, push))).toBe(0);
    expect(await verdict(client.replyStream(question.frame, 's1', 'end', true))).toBe(45009);
    sim.say({ chat: sim.directChat(bob), from: bob, said: { kind: 'text', text: 'hi' } });
    expect(await verdict(client.sendMessage(bob.userId, push))).toBe(0);
    await clock.advance(60_000);
    expect(await verdict(client.replyStream(question.frame, 's1', 'x'.repeat(29) + 'end', true))).toBe(0);
  });

  it('let 1,000 through in an hour', async () => {
    const { client, group, clock } = await asked({
      limits: { perChatPerMinute: Infinity, perChatPerHour: 5 },
    });
    const push = { msgtype: 'markdown', markdown: { content: 'hi' } } as const;
    for (let index = 0; index < 5; index += 1) await client.sendMessage(group.chatId, push);
    await clock.advance(3_599_999);
    expect(await verdict(client.sendMessage(group.chatId, push))).toBe(45009);
    await clock.advance(1);
    expect(await verdict(client.sendMessage(group.chatId, push))).toBe(0);
  });

  it('count a stream once where that is the rule', async () => {
    const { client, question } = await asked({ rules: { framesCount: 'first', throttledCode: 45033 } });
    for (let index = 1; index <= 40; index += 1) {
      expect(await verdict(client.replyStream(question.frame, 's1', 'x'.repeat(index)))).toBe(0);
    }
  });
});

describe('pushes', () => {
  const push = { msgtype: 'markdown', markdown: { content: '**好**' } } as const;

  it('reach a group and a person that wrote before, and nobody else', async () => {
    const { client, group, sim, bob } = await asked();
    expect(await verdict(client.sendMessage(group.chatId, push))).toBe(0);
    expect(await verdict(client.sendMessage(bob.userId, push))).toBe(93006);
    sim.say({ chat: sim.directChat(bob), from: bob, said: { kind: 'text', text: 'hi' } });
    expect(await verdict(client.sendMessage(bob.userId, push))).toBe(0);
    expect(sim.messages(sim.directChat(bob).chatId).at(-1)).toMatchObject({
      kind: 'markdown',
      text: '**好**',
    });
  });

  it('need the chatid in its exact case', async () => {
    const { client, group } = await asked();
    expect(await verdict(client.sendMessage(group.chatId.toLowerCase(), push))).toBe(93006);
  });

  it('send an uploaded picture', async () => {
    const { client, group, sim } = await asked();
    const bytes = Buffer.concat([pixel, Buffer.alloc(1_200_000, 7)]);
    const uploaded = await client.uploadMedia(bytes, { type: 'image', filename: 'a.png' });
    await client.sendMediaMessage(group.chatId, 'image', uploaded.media_id);
    const shown = sim.messages(group.chatId).at(-1);
    expect(shown?.kind).toBe('image');
    expect(Buffer.from(shown?.media[0]?.bytes ?? [])).toEqual(bytes);
    expect(await verdict(client.sendMediaMessage(group.chatId, 'image', 'nothing'))).toBe(40007);
  });
});

describe('uploads', () => {
  it('are refused when a chunk is missing, and when the sum of the bytes differs', async () => {
    const { client } = await stage();
    const command = (cmd: string, body: Record<string, unknown>) =>
      client.reply({ headers: { req_id: `${cmd}_${Math.random()}` } }, body, cmd);
    const about = { type: 'file', filename: 'a.txt', total_size: 10, total_chunks: 2 };
    const first = await command('aibot_upload_media_init', { ...about, md5: 'wrong' });
    const { upload_id } = first.body as { upload_id: string };
    const chunk = (chunk_index: number) =>
      command('aibot_upload_media_chunk', {
        upload_id,
        chunk_index,
        base64_data: Buffer.alloc(5, chunk_index).toString('base64'),
      });
    await chunk(1);
    expect(await verdict(command('aibot_upload_media_finish', { upload_id }))).toBe(40058);
    expect(await verdict(chunk(2))).toBe(40058);
    await chunk(0);
    expect(await verdict(command('aibot_upload_media_finish', { upload_id }))).toBe(40058);
    expect(
      await verdict(command('aibot_upload_media_init', { ...about, total_size: 21 * 1024 * 1024 })),
    ).toBe(40058);
  });
});

describe('events', () => {
  it('welcome a person once a day, within five seconds', async () => {
    const { sim, alice, bob, client, next, clock } = await stage();
    const chat = sim.directChat(alice).chatId;
    void sim.enterChat(alice);
    expect(sim.enterChat(alice)).toBeUndefined();
    const { frame, body } = await next();
    expect(body).toMatchObject({
      msgtype: 'event',
      from: { userid: 'XiaoLi' },
      event: { eventtype: 'enter_chat' },
    });
    const welcome = { msgtype: 'text', text: { content: '欢迎' } } as const;
    expect(await verdict(client.replyWelcome(frame, welcome))).toBe(0);
    expect(await verdict(client.replyWelcome(frame, welcome))).toBe(846605);
    expect(sim.messages(chat).map(({ text }) => text)).toEqual(['欢迎']);
    void sim.enterChat(bob);
    const late = await next();
    await clock.advance(5001);
    expect(await verdict(client.replyWelcome(late.frame, welcome))).toBe(846605);
  });

  const card = {
    card_type: 'button_interaction',
    main_title: { title: '选择' },
    task_id: 'task-1',
    button_list: [{ text: '重试', key: 'retry' }],
  };

  it.each([
    [
      'snake',
      { template_card_event: { card_type: 'button_interaction', event_key: 'retry', task_id: 'task-1' } },
    ],
    [
      'joined',
      { template_card_event: { cardtype: 'button_interaction', eventkey: 'retry', taskid: 'task-1' } },
    ],
    ['flat', { event_key: 'retry', task_id: 'task-1' }],
  ] as const)('tell of a pressed button in the %s spelling', async (cardEventSpelling, detail) => {
    const { sim, client, question, next, group, bob } = await asked({ rules: { cardEventSpelling } });
    await client.replyTemplateCard(question.frame, card);
    const shown = sim.messages(group.chatId).at(-1);
    const message = sim.message(shown?.messageId ?? '');
    if (message === undefined) throw new Error('no card is shown');
    expect(() => sim.press({ message, key: 'other', by: bob })).toThrow();
    void sim.press({ message, key: 'retry', by: bob });
    const { frame, body } = await next();
    expect(body['event']).toEqual({ eventtype: 'template_card_event', ...detail });
    expect(await verdict(client.updateTemplateCard(frame, { ...card, task_id: 'other' }))).toBe(40058);
    expect(await verdict(client.updateTemplateCard(frame, { ...card, button_list: [] }))).toBe(0);
    expect(sim.messages(group.chatId).at(-1)?.card).toMatchObject({
      json: { button_list: [] },
      earlier: [card],
    });
  });

  it('tell of a rating when the reply carried a feedback id', async () => {
    const { sim, client, question, next, group, alice } = await asked();
    await client.replyStream(question.frame, 's1', '答', true, undefined, { id: 'turn-7' });
    const message = sim.message(sim.messages(group.chatId).at(-1)?.messageId ?? '');
    if (message === undefined) throw new Error('no answer is shown');
    void sim.rate({ message, by: alice, verdict: 'bad', content: '不对', reasons: [3] });
    expect((await next()).body['event']).toEqual({
      eventtype: 'feedback_event',
      feedback_event: { id: 'turn-7', type: 2, content: '不对', inaccurate_reason_list: [3] },
    });
  });
});
