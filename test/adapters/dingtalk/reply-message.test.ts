import { describe, expect, it } from 'vitest';
import type { Env } from '../../../src/contract/adapter.ts';
import { never } from '../shared/waiting.ts';
import { cardTemplate, endButtons, ended, growing, opening, stage, stored, text } from './support.ts';

const withoutTemplate: Env = { DINGTALK_CARD_TEMPLATE_ID: undefined };

describe('an answer without a card template', () => {
  it('comes exactly once, whole, as Markdown, by the session webhook', async () => {
    const { adapter, hear, settled, group, shown, made } = await stage({ env: withoutTemplate });
    const message = await hear({ said: text('@{bot} 你好') });
    const sink = await settled(adapter.openReply(opening(message), never));
    await settled(sink.update(() => growing('很'), 'first', never));
    expect(shown(group)).toEqual([]);
    await settled(sink.close(ended('很久**以前**', { notice: '到此为止', footer: '三秒' }), never));
    await settled(sink.close(ended('很久**以前**', { notice: '到此为止', footer: '三秒' }), never));
    expect(shown(group)).toMatchObject([
      {
        from: { via: 'session-webhook' },
        msgtype: 'markdown',
        text: '很久**以前**\n\n到此为止\n\n三秒',
        pings: [],
      },
    ]);
    expect(made()).toEqual(['robot.sendBySession']);
  });

  it('is announced: capabilities say final-only, and health says why', async () => {
    const { adapter } = await stage({ env: withoutTemplate });
    expect(adapter.capabilities).toMatchObject({ updates: 'final-only', buttons: false });
    expect(adapter.health()).toMatchObject({
      state: 'up',
      detail: 'no live text: DINGTALK_CARD_TEMPLATE_ID is not set',
    });
  });

  it.each(['group', 'direct'] as const)('comes by the robot once the session is over (%s)', async (kind) => {
    const { adapter, hear, settled, group, shown, clock, sim, alice } = await stage({ env: withoutTemplate });
    const chat = kind === 'group' ? group : sim.directChat(alice);
    const message = await hear({ chat, said: text(kind === 'group' ? '@{bot} 嗯' : '嗯') });
    const sink = await settled(adapter.openReply(opening(message), never));
    await clock.advance(91 * 60_000);
    await settled(sink.close(ended('好'), never));
    expect(shown(chat)).toMatchObject([{ from: { via: 'robot-api' }, text: '好\n\nQwen3 · 3.2 秒' }]);
    expect(sim.refused()).toEqual([]);
  });

  it('comes by the robot when the platform has forgotten the session early', async () => {
    const { adapter, hear, settled, group, shown, sim } = await stage({ env: withoutTemplate });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    sim.fault('robot.sendBySession', { kind: 'errcode', errcode: 300001, errmsg: 'session 不存在' });
    await settled(sink.close(ended('好'), never));
    expect(shown(group)).toMatchObject([{ from: { via: 'robot-api' } }]);
  });

  it('reaches people from outside by their session, and says that they are gone when that is over', async () => {
    const { adapter, hear, settled, shown, clock, sim, guest } = await stage();
    const chat = sim.directChat(guest);
    const message = await hear({ chat, from: guest, said: text('你好') });
    const sink = await settled(adapter.openReply(opening(message), never));
    await settled(sink.close(ended('好'), never));
    expect(shown(chat)).toMatchObject([{ msgtype: 'markdown', from: { via: 'session-webhook' } }]);
    const late = await settled(adapter.openReply(opening(message, { key: 'turn-2-0' }), never));
    await clock.advance(91 * 60_000);
    await expect(settled(late.close(ended('好'), never))).rejects.toMatchObject({ code: 'target-gone' });
  });

  it('is not sent a second time when it may have got through', async () => {
    const { adapter, hear, settled, group, shown, sim, log } = await stage({ env: withoutTemplate });
    const message = await hear({ said: text('@{bot} 嗯') });
    const sink = await settled(adapter.openReply(opening(message), never));
    sim.fault('robot.sendBySession', { kind: 'drop-after' });
    await expect(settled(sink.close(ended('好'), never))).rejects.toMatchObject({ sent: 'maybe' });
    await settled(sink.close(ended('好'), never));
    expect(shown(group)).toHaveLength(1);

    sim.fault('robot.sendBySession', { kind: 'drop-after' });
    const whole = opening(message, { key: 'command-1', first: growing('帮助'), whole: 'complete' });
    await expect(settled(adapter.openReply(whole, never))).rejects.toMatchObject({ sent: 'maybe' });
    await settled(adapter.openReply({ ...whole, maybeSent: true }, never));
    expect(shown(group)).toHaveLength(2);
    expect(log.lines.filter((line) => line.includes('not sent again'))).toHaveLength(2);
  });

  it('is sent after a restart, since nothing was shown before', async () => {
    const { adapter, another, hear, settled, group, shown } = await stage({ env: withoutTemplate });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    const resumed = await settled((await another()).resumeReply(stored(sink.handle), never));
    await settled(resumed.close(ended('好'), never));
    expect(shown(group)).toHaveLength(1);
  });

  it('shows tables as lists, for robot messages have none', async () => {
    const { adapter, hear, settled, group, shown } = await stage({ env: withoutTemplate });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 表') })), never));
    const table =
      '如下：\n\n| 城市 | 气温 |\n| --- | ---: |\n| 北京 | 3° |\n| 上海 \\| 浦东 | 9° |\n\n```\na | b\n- | -\n```';
    await settled(sink.close(ended(adapter.render(table, true), { footer: '完' }), never));
    expect(shown(group)[0]?.text).toBe(
      '如下：\n\n**城市 · 气温**\n\n- 北京 · 3°\n- 上海 | 浦东 · 9°\n\n```\na | b\n- | -\n```\n\n完',
    );
  });

  it('says figures with their names', async () => {
    const { adapter, hear, settled, group, shown } = await stage({ env: withoutTemplate });
    const first = {
      markdown: '',
      preview: '状态',
      facts: [{ type: 'table', columns: ['模型', '状态', '看图'], rows: [['Qwen3', '正常', '能']] }],
    } as const;
    const message = await hear({ said: text('@{bot} /status') });
    await settled(adapter.openReply(opening(message, { first, whole: 'complete' }), never));
    expect(shown(group)[0]?.text).toBe('- **Qwen3** · 状态: 正常 · 看图: 能');
  });
});

describe('an answer whose card is refused', () => {
  it.each([
    ['the template does not exist', { env: { DINGTALK_CARD_TEMPLATE_ID: 'none.schema' } }],
    ['a permission is missing', { scopes: ['qyapi_robot_sendmsg'] }],
  ])('comes once as Markdown, with no further try for some minutes: %s', async (_, options) => {
    const { adapter, hear, settled, group, shown, made, clock } = await stage(options);
    const message = await hear({ said: text('@{bot} 嗯') });
    const sink = await settled(adapter.openReply(opening(message), never));
    await settled(sink.close(ended('好'), never));
    expect(shown(group)).toMatchObject([{ msgtype: 'markdown' }]);
    expect(adapter.capabilities.updates).toBe('final-only');
    expect(adapter.health().detail).toMatch(/^no live text: /);
    made();
    const next = await settled(adapter.openReply(opening(message, { key: 'turn-2-0' }), never));
    await settled(next.close(ended('好'), never));
    expect(made()).toEqual(['robot.sendBySession']);
    await clock.advance(5 * 60_000);
    expect(adapter.capabilities.updates).toBe('live');
  });

  it('comes as Markdown when the delivery fails inside an answer that says success', async () => {
    const { adapter, hear, settled, group, shown, sim } = await stage();
    sim.refuseDeliveries('robot not in group', 1);
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(sink.close(ended('好'), never));
    expect(shown(group)).toMatchObject([{ msgtype: 'markdown' }]);
    expect(adapter.capabilities.updates).toBe('live');
  });

  it('comes as Markdown when text cannot be streamed for lack of a permission', async () => {
    const { adapter, hear, settled, group, shown } = await stage({
      scopes: ['qyapi_robot_sendmsg', 'Card.Instance.Write'],
      rules: { missingPermission: 'unknown-error' },
    });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await expect(settled(sink.update(() => growing('一'), 'first', never))).rejects.toMatchObject({
      code: 'unsupported',
    });
    await settled(sink.close(ended('一二'), never));
    expect(shown(group).at(-1)).toMatchObject({ msgtype: 'markdown' });
    expect(adapter.capabilities.updates).toBe('final-only');
  });
});

describe('what is whole at once', () => {
  it('is one message when it has no buttons, and costs nothing of the quota', async () => {
    const { adapter, hear, settled, group, shown, sim } = await stage();
    const message = await hear({ said: text('@{bot} /help') });
    const before = sim.usage().calls;
    const first = { markdown: '帮助', preview: '帮助' };
    await settled(adapter.openReply(opening(message, { first, whole: 'complete' }), never));
    expect(shown(group)).toMatchObject([{ msgtype: 'markdown', text: '帮助' }]);
    expect(sim.usage().calls).toBe(before);
  });

  it('is a card in its end form when it has buttons, and needs no further call', async () => {
    const { adapter, hear, settled, group, card, made } = await stage();
    const { snapshot: first } = ended('已停止');
    const message = await hear({ said: text('@{bot} 嗯') });
    const sink = await settled(adapter.openReply(opening(message, { first, whole: 'stopped' }), never));
    expect(card(group)).toMatchObject({ state: 'finished', markdown: '已停止', templateId: cardTemplate.id });
    expect(card(group).buttons).toHaveLength(endButtons.length);
    made();
    await settled(sink.close({ status: 'stopped', snapshot: first }, never));
    expect(made()).toEqual([]);
  });
});

describe('direct messages by the robot', () => {
  it('are failures when a person is held back, although the call succeeds', async () => {
    const { adapter, hear, settled, sim, alice, clock } = await stage({ env: withoutTemplate });
    const message = await hear({ chat: sim.directChat(alice), said: text('嗯') });
    const sink = await settled(adapter.openReply(opening(message), never));
    await clock.advance(91 * 60_000);
    sim.flowControl(alice.staffId ?? '', true);
    await expect(settled(sink.close(ended('好'), never))).rejects.toMatchObject({ code: 'rate-limited' });
    sim.flowControl(alice.staffId ?? '', false);
    await settled(sink.close(ended('好'), never));
  });
});
