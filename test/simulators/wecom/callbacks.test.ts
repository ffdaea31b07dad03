import { decryptFile } from '@wecom/aibot-node-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import {
  connect,
  connectedStage,
  framesOf,
  newestIn,
  pixel,
  setStage,
  type Connected,
} from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const stage = () => connectedStage(ends);

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

  it('carry a quoted answer without its thinking, and a sentence in place of a quoted card', async () => {
    const { sim, group, alice, client, next } = await stage();
    const said = { kind: 'text', text: '@{bot} hi' } as const;
    sim.say({ chat: group, from: alice, said });
    const { frame } = await next();
    await client.replyStream(frame, 's1', '<think>想</think>答案', true);
    sim.say({ chat: group, from: alice, said, quoting: newestIn(sim, group) });
    expect((await next()).body['quote']).toEqual({ msgtype: 'text', text: { content: '答案' } });
    await client.replyTemplateCard(frame, { card_type: 'text_notice' });
    sim.say({ chat: group, from: alice, said, quoting: newestIn(sim, group) });
    const notShown = { content: '[该消息类型暂不能展示]' };
    expect((await next()).body['quote']).toEqual({ msgtype: 'text', text: notShown });
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
