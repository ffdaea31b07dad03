import { afterEach, describe, expect, it } from 'vitest';
import type { WeComSimulatorOptions } from './options.ts';
import { askedStage, connect, connectedStage, pixel, pixelMd5, verdict } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const asked = (options?: WeComSimulatorOptions) => askedStage(ends, options);

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
    const { sim, alice, client, next } = await connectedStage(ends);
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
    const image = { base64: pixel.toString('base64'), md5: pixelMd5 };
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

  it('take replies for 24 hours', async () => {
    const { client, question, clock } = await asked({ limits: { streamMs: Infinity } });
    await client.replyStream(question.frame, 's1', '一');
    await clock.advance(86_399_999);
    expect(await verdict(client.replyStream(question.frame, 's1', '一二'))).toBe(0);
    await clock.advance(1);
    expect(await verdict(client.replyStream(question.frame, 's1', '一二三', true))).toBe(846605);
  });

  it('take a card beside them only where the rules let them, and one card for each message', async () => {
    const templateCard = {
      card_type: 'button_interaction',
      task_id: 't1',
      button_list: [{ text: '好', key: 'good' }],
    };
    const strict = await asked();
    const refused = strict.client.replyStreamWithCard(strict.question.frame, 's1', '答', false, {
      templateCard,
    });
    expect(await verdict(refused)).toBe(40008);
    const { client, question, sim, group } = await asked({ rules: { cardWithStreamOnConnection: 'show' } });
    const withCard = (finish: boolean) =>
      verdict(client.replyStreamWithCard(question.frame, 's1', '答', finish, { templateCard }));
    expect(await withCard(false)).toBe(0);
    expect(await withCard(true)).toBe(40058);
    expect(sim.messages(group.chatId).map(({ kind }) => kind)).toEqual(['text', 'stream', 'template_card']);
  });

  it("lose their end to the official client's time-out: the late acknowledgement is credited to the last frame", async () => {
    const { client, question, clock, sim, group } = await asked();
    const manager: unknown = Reflect.get(client, 'wsManager');
    if (typeof manager !== 'object' || manager === null) throw new Error('the client has changed');
    sim.frameFault('aibot_respond_msg', { kind: 'late-ack', milliseconds: 5100 });
    Reflect.set(manager, 'replyAckTimeout', 20); // 5 s by default
    const first = client.replyStream(question.frame, 's1', '一');
    Reflect.set(manager, 'replyAckTimeout', 30_000);
    const last = client.replyStream(question.frame, 's1', '一二', true);
    await expect(first).rejects.toThrow('timeout');
    await expect.poll(() => sim.refused().map(({ code }) => code)).toEqual([6000]);
    await clock.advance(5100);
    expect(await verdict(last)).toBe(0);
    expect(sim.messages(group.chatId)[1]?.stream).toMatchObject({ state: 'streaming', content: '一' });
  });
});
