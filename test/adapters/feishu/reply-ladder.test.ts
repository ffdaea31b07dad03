import { describe, expect, it } from 'vitest';
import { api, outcome, signal, snapshot, stageWith, stored } from './reply-stage.ts';

const { create, get, patch, reply } = api;

describe('the ladder', () => {
  it('uses a plain card, edited at most every 1.5 s, where CardKit is not permitted, and remembers that for five minutes', async () => {
    const stage = await stageWith({ scopes: ['im:message'] });
    const sink = await stage.replies.openReply(stage.opening(), signal);
    expect(stage.made()).toEqual([create, reply]);
    expect(sink.handle).toMatchObject({ kind: 'message' });
    for (const text of ['一', '一二', '一二三']) await sink.update(() => snapshot(text), 'live', signal);
    expect(stage.made()).toEqual([patch]);
    await stage.clock.advance(1500);
    await sink.update(() => snapshot('一二三四'), 'live', signal);
    expect(stage.card().texts['answer']).toBe('一二三四');
    await sink.close(outcome('一二三四五'), signal);
    expect(stage.card().texts).toMatchObject({ answer: '一二三四五', footer: 'Qwen3 · 3.2 秒' });
    expect(stage.shown()).toHaveLength(1);
    stage.made();
    await sink.close(outcome('一二三四五'), signal);
    await stage.replies.openReply(stage.opening({ key: 'turn-2-0' }), signal);
    expect(stage.made()).toEqual([reply]);
    await stage.clock.advance(300_000);
    await stage.replies.openReply(stage.opening({ key: 'turn-3-0' }), signal);
    expect(stage.made()).toEqual([create, reply]);
  });

  it('goes on in a plain card after a restart', async () => {
    const stage = await stageWith({ scopes: ['im:message'] });
    const sink = await stage.replies.openReply(stage.opening(), signal);
    const next = await stage.successor.resumeReply(stored(sink.handle), signal);
    await next.close(outcome('完'), signal);
    expect(stage.card().texts['answer']).toBe('完');
  });

  it('finds a plain card again whose answer was lost', async () => {
    const stage = await stageWith({ scopes: ['im:message'] });
    stage.sim.fault('im.message.reply', { kind: 'drop-after' });
    await expect(stage.replies.openReply(stage.opening(), signal)).rejects.toMatchObject({ sent: 'maybe' });
    const sink = await stage.successor.openReply(stage.opening({ maybeSent: true }), signal);
    expect(stage.made().at(-1)).toBe(get);
    await sink.close(outcome('完'), signal);
    expect(stage.shown()).toHaveLength(1);
    expect(stage.card().texts['answer']).toBe('完');
  });

  it('sends one post when it is whole, where no card is taken', async () => {
    const stage = await stageWith();
    stage.sim.fault(create, { kind: 'code', code: 300303, status: 400 });
    stage.sim.fault('im.message.reply', { kind: 'code', code: 230054, status: 400 });
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    expect(stage.shown()).toEqual([]);
    await sink.close(outcome('**完**', { notice: '已停止' }), signal);
    const next = await stage.successor.resumeReply(stored(sink.handle), signal);
    await next.close(outcome('**完**', { notice: '已停止' }), signal);
    expect(stage.shown().map(({ messageType }) => messageType)).toEqual(['post']);
    expect(stage.shown()[0]?.content).toContain('**完**');
    expect(stage.shown()[0]?.content).toContain('已停止');
  });

  it('sends text where posts are refused, too', async () => {
    const stage = await stageWith();
    stage.sim.fault('im.message.reply', { kind: 'code', code: 230054, status: 400 }, 2);
    const first = outcome('完').snapshot;
    await stage.replies.openReply(stage.opening({ first, whole: 'complete' }), signal);
    expect(stage.shown().map(({ messageType, text }) => [messageType, text])).toEqual([
      ['text', '完\n\nQwen3 · 3.2 秒'],
    ]);
  });

  it('does not go down for what passes: the caller tries again', async () => {
    const stage = await stageWith();
    stage.sim.fault(create, { kind: 'answer', status: 502, body: 'bad gateway' });
    await expect(stage.replies.openReply(stage.opening(), signal)).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(stage.shown()).toEqual([]);
  });

  it('does not go down when the refused kind may have been sent after all', async () => {
    const stage = await stageWith();
    stage.sim.fault(reply, { kind: 'code', code: 230054, status: 502 });
    await expect(stage.replies.openReply(stage.opening(), signal)).rejects.toMatchObject({ sent: 'maybe' });
    expect(stage.made()).toEqual([create, reply]);
  });
});

describe('a message without a question', () => {
  it('is one card in the chat, and the same key sends it once', async () => {
    const stage = await stageWith();
    const content = outcome('你好，我是小桥', { footer: 'x' }).snapshot;
    await stage.replies.send(stage.address, content, 'welcome-1', signal);
    await stage.replies.send(stage.address, content, 'welcome-1', signal);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '你好，我是小桥' } });
  });

  it('is a post where no card is taken', async () => {
    const stage = await stageWith();
    stage.sim.fault('im.message.create', { kind: 'code', code: 230054, status: 400 });
    await stage.replies.send(stage.address, outcome('你好').snapshot, 'welcome-1', signal);
    expect(stage.shown().map(({ messageType }) => messageType)).toEqual(['post']);
  });
});
