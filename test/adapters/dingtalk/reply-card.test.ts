import { describe, expect, it } from 'vitest';
import { never, until } from '../shared/waiting.ts';
import { endButtons, ended, growing, opening, stage, stored, text } from './support.ts';

describe('an answer in an AI card', () => {
  it('grows in one card of the group and ends finished, with its end beside it', async () => {
    const { adapter, hear, settled, group, card, made, sim } = await stage();
    const message = await hear({ said: text('@{bot} 你好') });
    const sink = await settled(adapter.openReply(opening(message), never));
    expect(card(group)).toMatchObject({ state: 'processing', values: { progress: '正在思考…' } });
    expect(card(group).buttons.map(({ label }) => label)).toEqual(['停止']);
    await settled(sink.update(() => growing('很久'), 'first', never));
    await settled(sink.update(() => growing('很久以前'), 'live', never));
    expect(card(group)).toMatchObject({ state: 'inputting', markdown: '很久以前', redraws: 0 });
    await settled(sink.close(ended('很久以前，完。', { notice: '说明' }), never));
    expect(card(group)).toMatchObject({
      state: 'finished',
      finalised: true,
      markdown: '很久以前，完。',
      updatesAfterFinalise: 0,
      values: { progress: '', notice: '说明', footer: 'Qwen3 · 3.2 秒' },
    });
    expect(card(group).buttons.map(({ label }) => label)).toEqual(['重试', '✓ 👍', '👎']);
    expect(made()).toEqual([
      'card.createAndDeliver',
      'card.streaming',
      'card.streaming',
      'card.streaming',
      'card.update',
    ]);
    expect(sim.refused()).toEqual([]);
  });

  it('goes to the person in a direct chat, not to the conversation', async () => {
    const { adapter, hear, settled, sim, alice, card } = await stage();
    const chat = sim.directChat(alice);
    const message = await hear({ chat, said: text('你好') });
    const sink = await settled(adapter.openReply(opening(message), never));
    await settled(sink.close(ended('在'), never));
    expect(card(chat)).toMatchObject({ state: 'finished', markdown: '在' });
    expect(card(chat).places).toMatchObject([{ spaceType: 'IM_ROBOT', spaceId: alice.staffId }]);
  });

  it('makes no call for a text that says nothing new', async () => {
    const { adapter, hear, settled, made } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(sink.update(() => growing('一'), 'first', never));
    made();
    await settled(sink.update(() => growing('一'), 'live', never));
    await settled(sink.update(() => growing('', { progress: '想了 1 秒' }), 'live', never));
    expect(made()).toEqual([]);
  });

  it('shows the line beside a text that is long in coming, seldom enough for a monthly quota', async () => {
    const { adapter, hear, settled, group, card, clock, made } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 想') })), never));
    made();
    for (let second = 1; second <= 21; second += 1) {
      await clock.advance(1_000);
      await settled(sink.update(() => growing('', { progress: `想了 ${second} 秒` }), 'live', never));
    }
    expect(card(group).state).toBe('inputting');
    expect(card(group).values['progress']).toMatch(/^想了 \d+ 秒$/);
    expect(card(group).markdown).toBe('');
    const calls = made();
    expect(calls.filter((api) => api === 'card.streaming')).toHaveLength(1);
    expect(calls.filter((api) => api === 'card.update').length).toBeLessThanOrEqual(3);
  });

  it('ends a card without any text in the sentence that says why', async () => {
    const { adapter, hear, settled, group, card } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(sink.close(ended('', { notice: '模型没有响应' }, 'failed'), never));
    expect(card(group)).toMatchObject({
      state: 'finished',
      markdown: '模型没有响应',
      values: { notice: '' },
    });
  });

  it('takes the stop button away, and all buttons where a further card goes on', async () => {
    const { adapter, hear, settled, group, card } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(sink.close({ status: 'continued', snapshot: growing('上半') }, never));
    expect(card(group).buttons).toEqual([]);
  });

  it('spaces updates further apart as an answer grows older, and lets the newest text travel', async () => {
    const { adapter, hear, settled, clock, sim } = await stage({ env: { DINGTALK_MONTHLY_CALLS: '5000' } });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 长') })), never));
    const began = clock.now().getTime();
    let words = '';
    let updates = 0;
    while (clock.now().getTime() - began < 30_000) {
      await settled(sink.update(() => growing((words += '字')), updates === 0 ? 'first' : 'live', never));
      updates += 1;
    }
    const times = sim.calls().flatMap(({ api, arrivedMs }) => (api === 'card.streaming' ? [arrivedMs] : []));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(gaps.at(0)).toBeLessThan(2_000);
    expect(gaps.at(-1)).toBeGreaterThan(4_000);
    expect(times.length).toBeLessThan(20);
  });

  it('gives up an update that still waits for its turn at once when the end comes', async () => {
    const { adapter, hear, settled } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(sink.update(() => growing('一'), 'first', never));
    const ending = new AbortController();
    let asked = 0;
    const latest = () => {
      asked += 1;
      return growing('一二');
    };
    const update = sink.update(latest, 'live', ending.signal);
    ending.abort();
    await expect(update).rejects.toMatchObject({ code: 'aborted', sent: 'no' });
    expect(asked).toBe(0);
  });

  it('never shows a blank card, however short the lines are', async () => {
    const { adapter, hear, settled, group, card } = await stage();
    const { maxReplyBytes } = adapter.capabilities;
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 诗') })), never));
    const poem = 'a\n'.repeat(maxReplyBytes / 2 - 1);
    await settled(sink.close(ended(adapter.render(poem, true)), never));
    expect(card(group)).toMatchObject({ blank: false, state: 'finished' });
    expect(card(group).markdown.match(/a/g)).toHaveLength(maxReplyBytes / 2 - 1);
  });
});

describe('an answer in an AI card, when calls fail', () => {
  it('finds the card of an attempt whose answer was lost, and shows no second one', async () => {
    const { adapter, hear, settled, group, card, sim } = await stage();
    const message = await hear({ said: text('@{bot} 嗯') });
    sim.fault('card.createAndDeliver', { kind: 'drop-after' });
    const failed = settled(adapter.openReply(opening(message), never));
    await expect(failed).rejects.toMatchObject({ sent: 'maybe' });
    const sink = await settled(adapter.openReply(opening(message, { maybeSent: true }), never));
    await settled(sink.close(ended('好'), never));
    expect(card(group)).toMatchObject({ state: 'finished', markdown: '好' });
  });

  it('ends a card once although the answer to its end was lost', async () => {
    const { adapter, hear, settled, group, card, shown, sim } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    sim.fault('card.streaming', { kind: 'drop-after' });
    await expect(settled(sink.close(ended('好'), never))).rejects.toMatchObject({ sent: 'maybe' });
    await settled(sink.close(ended('好'), never));
    expect(card(group)).toMatchObject({
      state: 'finished',
      updatesAfterFinalise: 0,
      values: { progress: '' },
    });
    expect(shown(group)).toHaveLength(1);
    expect(sim.refused().filter(({ code }) => code !== 'dropped')).toEqual([]);
  });

  it('goes on in another process, and a second end of the same text changes nothing', async () => {
    const { adapter, another, hear, settled, group, card, sim } = await stage();
    const opened = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(opened.update(() => growing('很久'), 'first', never));
    const successor = await another();
    const sink = await settled(successor.resumeReply(stored(opened.handle), never));
    await settled(sink.update(() => growing('很久以前'), 'live', never));
    await settled(sink.close(ended('很久以前，完'), never));
    const again = await settled(successor.resumeReply(stored(opened.handle), never));
    await settled(again.close(ended('很久以前，完', { buttons: [], footer: '已重试' }), never));
    expect(card(group)).toMatchObject({ markdown: '很久以前，完', values: { footer: '已重试' } });
    expect(card(group).buttons).toEqual([]);
    expect(sim.refused()).toEqual([]);
  });

  it('replaces the text of a card that an earlier process has ended with another one', async () => {
    const { adapter, another, hear, settled, group, card, shown } = await stage();
    const opened = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(opened.close(ended('被打断', {}, 'interrupted'), never));
    const sink = await settled((await another()).resumeReply(stored(opened.handle), never));
    await settled(sink.close(ended('整个答案'), never));
    expect(card(group)).toMatchObject({ markdown: '整个答案', state: 'finished' });
    expect(shown(group)).toHaveLength(1);
  });

  it('says the whole answer as Markdown when the month runs out in the middle of it', async () => {
    const { adapter, hear, settled, group, shown, sim, events } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(sink.update(() => growing('很'), 'first', never));
    sim.fault('card.streaming', { kind: 'canned', name: 'monthly-quota' }, 10);
    const update = settled(sink.update(() => growing('很久'), 'live', never));
    await expect(update).rejects.toMatchObject({ code: 'quota-exhausted' });
    await settled(sink.close(ended('很久以前'), never));
    expect(shown(group).map(({ msgtype }) => msgtype)).toEqual(['interactiveCard', 'markdown']);
    expect(shown(group)[1]?.text).toContain('很久以前');
    expect(events.filter((event) => event.type === 'notice')).toMatchObject([
      { code: 'quota-exceeded', evidence: 'ApiCountLimitForOrg' },
    ]);
    expect(adapter.capabilities.updates).toBe('final-only');
    expect(adapter.health()).toMatchObject({
      state: 'up',
      detail: expect.stringMatching(/no live text: .*ApiCountLimitForOrg/),
    });
  });

  it('passes on that it was too often, with the time to wait', async () => {
    const { adapter, hear, settled, sim } = await stage();
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    sim.fault('card.streaming', { kind: 'canned', name: 'qps' });
    const update = settled(sink.update(() => growing('一'), 'first', never));
    await expect(update).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs: 1_000, sent: 'no' });
    await settled(sink.update(() => growing('一二'), 'first', never));
  });

  it('tells when the content filter refuses a text', async () => {
    const { adapter, hear, settled, group, card } = await stage({ unsafeWords: ['违禁'] });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    const close = settled(sink.close(ended('这是违禁的话'), never));
    await expect(close).rejects.toMatchObject({ code: 'content-rejected' });
    await settled(sink.close(ended('', { notice: '内容被平台拒绝' }, 'failed'), never));
    expect(card(group).markdown).toBe('内容被平台拒绝');
  });

  it('is refused no call with three people asking at once', async () => {
    const { adapter, hear, settled, sim, clock } = await stage();
    const message = await hear({ said: text('@{bot} 嗯') });
    const grow = async (key: string): Promise<void> => {
      const sink = await adapter.openReply(opening(message, { key }), never);
      const until30s = clock.now().getTime() + 30_000;
      for (let words = '字'; clock.now().getTime() < until30s; words += '字') {
        await sink.update(() => growing(words), words === '字' ? 'first' : 'live', never);
      }
      await sink.close(ended('完'), never);
    };
    await settled(Promise.all(['turn-1-0', 'turn-2-0', 'turn-3-0'].map(grow)));
    expect(sim.cards().map(({ state, markdown }) => [state, markdown])).toEqual(
      Array.from({ length: 3 }, () => ['finished', '完']),
    );
    expect(sim.refused()).toEqual([]);
  });
});

describe('the buttons of a card', () => {
  it('bring a press back with its id, and show the presser the answer', async () => {
    const { adapter, hear, settled, sim, group, bob, card, events } = await stage({
      inbox: async () => ({ outcome: 'accepted', toast: '好的，正在停止' }),
    });
    const message = await hear({ said: text('@{bot} 写首长诗') });
    const sink = await settled(adapter.openReply(opening(message), never));
    await settled(sink.update(() => growing('很久'), 'first', never));
    const { outTrackId } = card(group);
    const pressed = await settled(sim.press({ outTrackId, button: { label: '停止' }, by: bob }));
    expect(pressed.result).toBe('accepted');
    expect(card(group).privateValues[bob.staffId ?? '']).toEqual({ toast: '好的，正在停止' });
    expect(card(group).markdown).toBe('很久');
    expect(events.filter((event) => event.type === 'action')).toMatchObject([
      { button: 'turn-key-0000000.stop', actor: { key: bob.staffId }, place: message.place },
    ]);
  });

  it.each(['private-data', 'content-params', 'user-private-data', 'action-data', 'action-id-only'] as const)(
    'are understood in the shape %s, in a direct chat, too',
    async (callbackShape) => {
      const { adapter, hear, settled, sim, alice, card, events } = await stage({ rules: { callbackShape } });
      const chat = sim.directChat(alice);
      const message = await hear({ chat, said: text('嗯') });
      const sink = await settled(adapter.openReply(opening(message), never));
      await settled(sink.close(ended('好'), never));
      const { outTrackId } = card(chat);
      const pressed = await settled(sim.press({ outTrackId, button: { actionId: 'retry' }, by: alice }));
      expect(pressed.result).toBe('accepted');
      const [action] = events.filter((event) => event.type === 'action');
      expect(action).toMatchObject({ button: endButtons[0].id, place: message.place });
    },
  );

  it('are answered in time although storing the press takes long, and the card is left alone until then', async () => {
    const storing = Promise.withResolvers<undefined>();
    const { adapter, hear, settled, sim, group, alice, card, clock, events } = await stage({
      inbox: async (event) => {
        if (event.type === 'action') await storing.promise;
        return { outcome: 'accepted' };
      },
    });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    await settled(sink.update(() => growing('很久'), 'first', never));
    const { outTrackId } = card(group);
    const pressed = sim.press({ outTrackId, button: { label: '停止' }, by: alice });
    await until(() => events.some((event) => event.type === 'action'));
    const close = sink.close(ended('很久', {}, 'stopped'), never);
    await clock.advance(1_000);
    expect(card(group).state).toBe('inputting');
    const { result } = await settled(pressed);
    expect(result).toBe('accepted');
    storing.resolve(undefined);
    await settled(close);
    expect(card(group)).toMatchObject({ state: 'finished', updatesDuringCallback: 0 });
  });
});
