import { describe, expect, it } from 'vitest';
import { api, again, elementsOf, outcome, signal, snapshot, stageWith, stored } from './reply-stage.ts';

const { batch, text: content, convert, create, reply, settings, update } = api;

describe('an answer', () => {
  it('begins as one card under the question that says what is being done', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    expect(stage.made()).toEqual([create, reply]);
    expect(stage.shown()).toHaveLength(1);
    expect(stage.shown()[0]?.parentId).toBe((stage.target as unknown as { messageId: string }).messageId);
    expect(stage.card()).toMatchObject({
      streaming: true,
      summary: '正在思考…',
      texts: { progress: '正在思考…' },
    });
    expect(stage.card().buttons.map(({ label }) => label)).toEqual(['停止']);
    expect(stage.card().printing.frequencyMs).toBeLessThanOrEqual(50);
    expect(sink.handle).toMatchObject({ kind: 'card', cardId: stage.card().cardId });
  });

  it('takes one call to show its first words, and one for each growth after', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    stage.made();
    await sink.update(() => snapshot('你'), 'first', signal);
    expect(stage.made()).toEqual([batch]);
    await sink.update(() => snapshot('你好'), 'live', signal);
    await sink.update(() => snapshot('你好，世界'), 'live', signal);
    expect(stage.made()).toEqual([content, content]);
    expect(stage.card().texts).toMatchObject({ answer: '你好，世界', progress: '正在思考…' });
  });

  it('says what is being done beside the words, and folds the reasoning', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    stage.made();
    const thinking = { thinking: '先看表格', thinkingTitle: '思考过程' };
    await sink.update(() => snapshot('', { ...thinking, progress: '正在思考（4 秒）' }), 'live', signal);
    await sink.update(
      () => snapshot('', { ...thinking, thinking: '先看表格，再算', progress: '正在思考（5 秒）' }),
      'live',
      signal,
    );
    expect(stage.made()).toEqual([batch, batch]);
    expect(stage.card().texts).toMatchObject({
      thinking_text: '先看表格，再算',
      progress: '正在思考（5 秒）',
    });
    await sink.update(() => snapshot('答', { ...thinking, thinking: '先看表格，再算' }), 'first', signal);
    await sink.update(
      () => snapshot('答案', { ...thinking, thinking: '先看表格，再算', progress: '正在回答' }),
      'live',
      signal,
    );
    expect(stage.made()).toEqual([batch, content, batch]);
    const elements = elementsOf(stage.card());
    expect(elements.map((element) => element.element_id)).toEqual([
      'thinking',
      'answer',
      'progress',
      'buttons',
    ]);
    expect(elements[0]).toMatchObject({ tag: 'collapsible_panel', expanded: false });
  });

  it('reads the text when the call leaves, once', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    let asked = 0;
    const latest = (): ReturnType<typeof snapshot> => {
      asked += 1;
      return snapshot(`${asked}`, { progress: `${asked}` });
    };
    await sink.update(latest, 'first', signal);
    await sink.update(latest, 'live', signal);
    expect(asked).toBe(2);
    expect(stage.card().texts).toMatchObject({ answer: '2', progress: '2' });
  });

  it('ends whole, with its last summary, buttons and footer, and without progress', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('你好'), 'first', signal);
    stage.made();
    await sink.close(outcome('你好，世界。', { notice: '已停止' }), signal);
    expect(stage.made()).toEqual([update, settings]);
    expect(stage.card()).toMatchObject({ streaming: false, summary: '你好，世界。' });
    expect(stage.card().texts).toMatchObject({
      answer: '你好，世界。',
      footer: 'Qwen3 · 3.2 秒',
      notice: '已停止',
    });
    expect(stage.card().texts).not.toHaveProperty('progress');
    expect(stage.card().buttons.map(({ label }) => label)).toEqual(['重试', '👍', '👎']);
    const row = elementsOf(stage.card()).find((element) => element.element_id === 'buttons');
    expect(row?.columns.map((column) => column.elements[0]?.type)).toEqual(['default', 'primary', 'default']);
    expect(row?.columns[0]?.elements[0]?.behaviors).toEqual([
      { type: 'callback', value: { id: 'btn-retry' } },
    ]);
  });

  it('ends once: the same outcome again makes no call, another one makes only what differs', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.close(outcome('好'), signal);
    stage.made();
    await sink.close(outcome('好'), signal);
    await sink.update(() => snapshot('x'), 'live', signal);
    expect(stage.made()).toEqual([]);
    await sink.close(outcome('好', { buttons: [] }), signal);
    expect(stage.made()).toEqual([update]);
    expect(stage.card().buttons).toEqual([]);
  });

  it('has no buttons where a further reply goes on, and no stop button anywhere at its end', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.close(outcome('好', {}, 'continued'), signal);
    expect(stage.card().buttons).toEqual([]);
    await sink.close(
      outcome('好', { buttons: [{ id: 'x', kind: 'stop', label: '停止' }, again[0]] }, 'stopped'),
      signal,
    );
    expect(stage.card().buttons.map(({ label }) => label)).toEqual(['重试']);
  });

  it('arrives byte for byte through hundreds of updates, in order, without a redraw', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    const pieces = ['中文', ' ', '\n\n', '**b** ', '`c`', '\t"\\', '😀', '\r\n', '1. x\n', '&#60;', '# '];
    let text = 'A';
    for (let index = 0; index < 300; index += 1) {
      text += pieces[(index * 7) % pieces.length]!;
      const now = text;
      await stage.clock.advance(130);
      await sink.update(() => snapshot(now), index === 0 ? 'first' : 'live', signal);
      expect(stage.card().texts['answer']).toBe(now);
    }
    expect(stage.card().redraws).toBe(0);
    await sink.close(outcome(`${text}。`), signal);
    expect(stage.card().texts['answer']).toBe(`${text}。`);
    const { sequences } = stage.card();
    expect(sequences).toEqual([...new Set(sequences)].sort((one, other) => one - other));
    expect(stage.sim.refused()).toEqual([]);
  });

  it('stays in the topic of the question', async () => {
    const stage = await stageWith();
    const said = { kind: 'text', text: '话题' } as const;
    const root = stage.sim.say({ chat: stage.group, from: stage.alice, said, push: 'never' }).message;
    const inside = stage.sim.say({
      chat: stage.group,
      from: stage.alice,
      said,
      replyTo: root,
      inThread: true,
      push: 'never',
    }).message;
    const { messageId, chatId, threadId } = inside;
    const target = { messageId, chatId, threadId } as unknown as typeof stage.target;
    await stage.replies.openReply(stage.opening({ target }), signal);
    expect(stage.shown()[0]?.threadId).toBe(threadId);
  });
});

describe('a reply that is whole at once', () => {
  const table = { type: 'table', title: '服务', columns: ['名', '值'], rows: [['a', '1']] } as const;
  const points = Array.from({ length: 200 }, (_, index) => ({ label: `${index}`, value: index }));
  const series = { type: 'series', title: '延迟', unit: 'ms', points } as const;

  it('is one message with native tables and charts, already closed', async () => {
    const stage = await stageWith();
    const first = outcome('# 状态', { facts: [table, series] }).snapshot;
    const sink = await stage.replies.openReply(stage.opening({ first, whole: 'complete' }), signal);
    expect(stage.made()).toEqual([reply]);
    await sink.close({ status: 'complete', snapshot: first }, signal);
    expect(stage.made()).toEqual([]);
    const tags = elementsOf(stage.card()).map((element) => element.tag);
    expect(tags).toEqual(['markdown', 'markdown', 'table', 'chart', 'column_set', 'div']);
    expect(stage.card()).toMatchObject({ streaming: false });
  });

  it('ends the card an earlier attempt has left behind instead of sending a second one', async () => {
    const stage = await stageWith();
    await stage.replies.openReply(stage.opening(), signal);
    const first = outcome('全文').snapshot;
    await stage.successor.openReply(stage.opening({ first, whole: 'complete', maybeSent: true }), signal);
    expect(stage.shown()).toHaveLength(1);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '全文' } });
  });
});

describe('after a restart', () => {
  it('a successor goes on in the same card and ends it', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    for (const text of ['一', '一二', '一二三']) await sink.update(() => snapshot(text), 'live', signal);
    const next = await stage.successor.resumeReply(stored(sink.handle), signal);
    await next.update(() => snapshot('一二三四'), 'first', signal);
    await next.update(() => snapshot('一二三四五'), 'live', signal);
    await next.close(outcome('一二三四五六'), signal);
    expect(stage.sim.refused()).toEqual([]);
    expect(stage.shown()).toHaveLength(1);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '一二三四五六' } });
  });

  it('a successor needs only the outcome to end it, even if its clock is an hour behind', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await stage.clock.advance(3_600_000);
    await sink.update(() => snapshot('一'), 'first', signal);
    const behind = { ...(stored(sink.handle) as unknown as { createdAt: number }) };
    behind.createdAt += 3_600_000;
    const next = await stage.successor.resumeReply(behind as unknown as typeof sink.handle, signal);
    await next.close(outcome('一二', {}, 'interrupted'), signal);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '一二' } });
  });

  it('looks before it sends: an attempt whose answer was lost leaves one message', async () => {
    const stage = await stageWith();
    stage.sim.fault('im.message.reply', { kind: 'drop-after' });
    await expect(stage.replies.openReply(stage.opening(), signal)).rejects.toMatchObject({ sent: 'maybe' });
    stage.made();
    const sink = await stage.successor.openReply(stage.opening({ maybeSent: true }), signal);
    expect(stage.made()).toEqual([create, reply, convert]);
    await sink.update(() => snapshot('你好'), 'first', signal);
    await sink.close(outcome('你好。'), signal);
    expect(stage.shown()).toHaveLength(1);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '你好。' } });
  });

  it('opens as usual when the earlier attempt did not get through', async () => {
    const stage = await stageWith();
    stage.sim.fault('im.message.reply', { kind: 'drop-before' });
    await expect(stage.replies.openReply(stage.opening(), signal)).rejects.toMatchObject({
      code: expect.any(String),
    });
    const sink = await stage.replies.openReply(stage.opening({ maybeSent: true }), signal);
    stage.made();
    await sink.update(() => snapshot('你好'), 'first', signal);
    expect(stage.made()).toEqual([batch]);
    expect(stage.shown()).toHaveLength(1);
  });

  it('refuses a handle it has not made', async () => {
    const stage = await stageWith();
    await expect(stage.replies.resumeReply({ kind: 'x' } as never, signal)).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});
