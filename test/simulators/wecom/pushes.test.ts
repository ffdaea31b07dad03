import { afterEach, describe, expect, it } from 'vitest';
import type { WeComSimulatorOptions } from './options.ts';
import { askedStage, connectedStage, pixel, verdict } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const asked = (options?: WeComSimulatorOptions) => askedStage(ends, options);

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
    const { client } = await connectedStage(ends);
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

  it('are 30 in a minute, and end with their session', async () => {
    const { client, clock } = await connectedStage(ends, { limits: { uploadsPerMinute: 1 } });
    let requests = 0;
    const command = (cmd: string, body: Record<string, unknown>) => {
      requests += 1;
      return client.reply({ headers: { req_id: `upload-${requests}` } }, body, cmd);
    };
    const about = { type: 'file', filename: 'a.txt', total_size: 10, total_chunks: 1 };
    const { body } = await command('aibot_upload_media_init', about);
    expect(await verdict(command('aibot_upload_media_init', about))).toBe(45009);
    await clock.advance(30 * 60_000);
    const chunk = { ...body, chunk_index: 0, base64_data: Buffer.alloc(10).toString('base64') };
    expect(await verdict(command('aibot_upload_media_chunk', chunk))).toBe(40058);
  });
});
