import { describe, expect, it } from 'vitest';
import { api, elementsOf, outcome, signal, snapshot, stageWith } from './reply-stage.ts';

const { batch, text: content, settings, update } = api;

describe('when streaming is closed', () => {
  it('renews it before the next text, however long nothing was said', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    stage.made();
    for (const text of ['一二', '一二三']) {
      await stage.clock.advance(12 * 60_000);
      await sink.update(() => snapshot(text), 'live', signal);
    }
    expect(stage.made()).toEqual([settings, content, settings, content]);
    expect(stage.sim.refused()).toEqual([]);
  });

  it('switches it on again when it was closed all the same, once', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    stage.made();
    stage.sim.fault(content, { kind: 'code', code: 200850, status: 400 });
    await sink.update(() => snapshot('一二'), 'live', signal);
    expect(stage.made()).toEqual([content, settings, content]);
    stage.sim.fault(content, { kind: 'code', code: 300309, status: 400 }, 9);
    await sink.update(() => snapshot('一二三'), 'live', signal);
    await sink.update(() => snapshot('一二三四'), 'live', signal);
    expect(stage.made()).toEqual([content, batch, batch]);
    expect(stage.card().texts['answer']).toBe('一二三四');
  });

  it('renews it in time when updates come often, so that nothing is ever refused', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    let text = '';
    for (let minute = 0; minute < 25; minute += 1) {
      text += `${minute} `;
      const now = text;
      await sink.update(() => snapshot(now), 'live', signal);
      await stage.clock.advance(30_000);
      await stage.clock.advance(30_000);
    }
    expect(stage.sim.refused()).toEqual([]);
    expect(stage.made().filter((api) => api === settings)).toHaveLength(2);
  });

  it('goes on without it when switching it on again does not help, with one call for each update', async () => {
    const stage = await stageWith({ rules: { reenablingRestarts: false } });
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    await stage.clock.advance(9.5 * 60_000);
    await sink.update(() => snapshot('一二'), 'live', signal);
    await stage.clock.advance(60_000);
    await sink.update(() => snapshot('一二三'), 'live', signal);
    expect(stage.card().texts['answer']).toBe('一二三');
    const refused = stage.sim.refused().length;
    expect(refused).toBeLessThanOrEqual(2);
    stage.made();
    for (const text of ['一二三四', '一二三四五']) await sink.update(() => snapshot(text), 'live', signal);
    expect(stage.made()).toEqual([batch, batch]);
    expect(stage.card().texts['answer']).toBe('一二三四五');
    await sink.close(outcome('完'), signal);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '完' } });
  });

  it('still ends the reply when the settings are refused', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    stage.sim.fault(settings, { kind: 'code', code: 300122, status: 400 });
    await sink.close(outcome('完'), signal);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '完' } });
  });
});

describe('refusals', () => {
  it('of a card someone is pressing a button of are waited out by the end and skipped by an edit', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    stage.sim.fault(content, { kind: 'code', code: 200810, status: 400 }, 2);
    const skipped = sink.update(() => snapshot('一二'), 'live', signal);
    await stage.clock.advance(300);
    await skipped;
    expect(stage.card().texts['answer']).toBe('一');
    stage.sim.fault(
      update,
      { kind: 'code', code: 230099, status: 400, message: 'ErrCode: 11310; ErrMsg: card action is lock' },
      5,
    );
    const closing = sink.close(outcome('一二三'), signal);
    for (let step = 0; step < 20; step += 1) await stage.clock.advance(250);
    await closing;
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '一二三' } });
  });

  it('of a sequence number lead to a far higher one, once', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    const { cardId } = stage.card();
    const body = { content: '一', sequence: 5000 };
    await stage.call('PUT', `/open-apis/cardkit/v1/cards/${cardId}/elements/answer/content`, body);
    await sink.update(() => snapshot('一二'), 'live', signal);
    await sink.update(() => snapshot('一二三'), 'live', signal);
    expect(stage.card().texts['answer']).toBe('一二三');
    expect(stage.sim.refused().map(({ code }) => code)).toEqual([300317]);
  });

  it('of an element that is not there lead to the whole card', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    await stage.call('DELETE', `/open-apis/cardkit/v1/cards/${stage.card().cardId}/elements/answer`, {
      sequence: 3000,
    });
    stage.made();
    stage.sim.fault(content, { kind: 'code', code: 300313, status: 400 });
    await stage.clock.advance(200_000);
    await sink.update(() => snapshot('一二'), 'live', signal);
    expect(stage.made()).toEqual([content, update]);
    expect(stage.card()).toMatchObject({ streaming: true, texts: { answer: '一二' } });
  });

  it('for too many tables show them as code', async () => {
    const stage = await stageWith({ rules: { tablesPerCard: 1 } });
    const table = (name: string): string => `| ${name} |\n|---|\n| 1 |\n\n`;
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot(table('a')), 'first', signal);
    await sink.update(() => snapshot(table('a') + table('b')), 'live', signal);
    await sink.update(() => snapshot(`${table('a')}${table('b')}c`), 'live', signal);
    await sink.close(outcome(`${table('a')}${table('b')}c`), signal);
    expect(stage.card().texts['answer']).toBe(
      '```\n| a |\n|---|\n| 1 |\n```\n\n```\n| b |\n|---|\n| 1 |\n```\n\nc',
    );
    expect(stage.sim.refused()).toHaveLength(1);
  });

  it('for what the text holds show it harmless', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    const bad = '![x](img_v3_unknown) <at id=ou_nobody></at>';
    await sink.update(() => snapshot(bad), 'first', signal);
    await sink.close(outcome(bad), signal);
    expect(stage.card()).toMatchObject({ streaming: false });
    expect(stage.card().texts['answer']?.replaceAll('\u200B', '')).toBe(bad.slice(1));
    expect(stage.sim.refused()).toHaveLength(1);
    expect(stage.shown()[0]?.pings).toEqual([]);
  });

  it('for no known reason end in plain words, never in a loop', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    const refusal = { kind: 'code', code: 230099, status: 400, message: 'ErrCode: 200621' } as const;
    stage.sim.fault(update, refusal, 2);
    await sink.close(outcome('# 完'), signal);
    expect(stage.card()).toMatchObject({ streaming: false, texts: { answer: '# 完' } });
    expect(elementsOf(stage.card())[0]?.text.tag).toBe('plain_text');
    stage.made();
    stage.sim.fault(update, refusal, 9);
    await expect(sink.close(outcome('# 另'), signal)).rejects.toMatchObject({
      platformCode: '230099/200621',
    });
    expect(stage.made()).toEqual([update]);
  });

  it('of a card that grew too large shorten the reasoning and keep the answer', async () => {
    const stage = await stageWith();
    const thinking = '思'.repeat(20_000);
    const sink = await stage.replies.openReply(stage.opening({ first: snapshot('', { thinking }) }), signal);
    let text = '';
    for (let index = 0; index < 12; index += 1) {
      text += '答'.repeat(650);
      const now = text;
      await stage.clock.advance(500);
      await sink.update(() => snapshot(now, { thinking }), 'live', signal);
    }
    expect(stage.card().texts['answer']).toBe(text);
    expect(stage.card().bytes).toBeLessThanOrEqual(30_000);
    await sink.close(outcome(text, { thinking }), signal);
    expect(stage.card().texts['answer']).toBe(text);
    expect(stage.sim.refused().length).toBeLessThanOrEqual(1);
  });

  it('of a recalled question end the reply', async () => {
    const stage = await stageWith();
    await stage.call('DELETE', `/open-apis/im/v1/messages/x`);
    const { message } = stage.sim.say({
      chat: stage.group,
      from: stage.alice,
      said: { kind: 'text', text: 'x' },
      push: 'never',
    });
    message.state = 'recalled';
    const target = { messageId: message.messageId, chatId: message.chatId } as unknown as typeof stage.target;
    await expect(stage.replies.openReply(stage.opening({ target }), signal)).rejects.toMatchObject({
      code: 'target-gone',
    });
    expect(stage.shown()).toEqual([]);
  });

  it('that come with an aborted signal are passed on and leave the reply as it was', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await expect(sink.update(() => snapshot('一'), 'first', AbortSignal.abort())).rejects.toMatchObject({
      code: 'aborted',
    });
    await sink.update(() => snapshot('一'), 'first', signal);
    expect(stage.card().texts['answer']).toBe('一');
  });

  it('that were lost on the way are repeated with the same number and uuid', async () => {
    const stage = await stageWith();
    const sink = await stage.replies.openReply(stage.opening(), signal);
    await sink.update(() => snapshot('一'), 'first', signal);
    stage.sim.fault(content, { kind: 'drop-after' });
    await sink.update(() => snapshot('一二'), 'live', signal);
    const sequences = stage.sim.calls().flatMap(({ api, sequence }) => (api === content ? [sequence] : []));
    expect(sequences).toHaveLength(2);
    expect(new Set(sequences).size).toBe(1);
    expect(stage.card().texts['answer']).toBe('一二');
    expect(stage.card().sequences).toHaveLength(2);
  });
});
