import { describe, expect, it } from 'vitest';
import { chromium, usePage } from './page-stage.ts';
import { closedReplyOf, platformReaders, questionOf } from './platform-readers.ts';
import { asked, closedReply, openPane, replies, send, speakAs, until } from './test-support.ts';

describe.skipIf(chromium === undefined)('what is pressed and what is killed', () => {
  const stage = usePage();
  const { model, saySlowly, cardOf, longAnswer } = stage;
  const [dingtalk, wecom] = platformReaders;
  if (dingtalk === undefined || wecom === undefined) throw new Error('a platform is missing');

  it('stops an answer on DingTalk at the press of its button, and tries again at another', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    await openPane(page, 'dingtalk');
    saySlowly(longAnswer);
    await send(page, '@小桥 说很久');
    const card = cardOf('第 2 句').first();
    await card.getByRole('button', { name: '停止' }).click();
    const { text } = await closedReplyOf(sandbox, dingtalk, await questionOf(sandbox, dingtalk, '说很久'));
    expect(text).toContain('第 2 句');
    expect(longAnswer.startsWith(text)).toBe(true);
    expect(text.length).toBeLessThan(longAnswer.length);
    await card.getByText('已停止').waitFor();
    await until('the model notices', () => model().simulator.openStreams === 0);

    model().simulator.setAnswer(() => ({ text: '这次很短。' }));
    await card.getByRole('button', { name: '重试' }).click();
    await cardOf('这次很短。').getByRole('button', { name: '重试' }).waitFor();
  });

  it('thanks for a verdict on DingTalk in the card, and only the person who gave it', async () => {
    const page = stage.page();
    await openPane(page, 'dingtalk');
    model().simulator.setAnswer(() => ({ text: '请评价这一条。' }));
    await send(page, '@小桥 要评价的');
    await cardOf('请评价这一条').getByRole('button', { name: '👍' }).click();
    await cardOf('请评价这一条').getByText('收到').waitFor();
    await speakAs(page, '乙');
    await cardOf('请评价这一条').waitFor();
    expect(await cardOf('请评价这一条').getByText('收到').count()).toBe(0);
  });

  it('hands a verdict on WeCom over as WeCom does, and explains what has no button there', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    await openPane(page, 'wecom');
    model().simulator.setSpeed({ tokensPerSecond: 40 });
    model().simulator.setAnswer(() => ({ reasoning: '先想一下。', text: longAnswer.slice(0, 150) }));
    await send(page, '@小桥 要评价的');
    await cardOf('第 1 句').getByText('@小桥 /stop').waitFor();
    const thumb = cardOf('第 1 句').getByRole('button', { name: '👍' });
    await thumb.click();
    await page.locator('.thumb-button.chosen').waitFor();
    expect(await thumb.getAttribute('aria-pressed')).toBe('true');
    const rated = sandbox.wecom.simulator.deliveries().filter(({ kind }) => kind === 'feedback_event');
    expect(rated.map(({ state }) => state)).toEqual(['delivered']);
    await page.getByRole('tab', { name: '平台调用' }).click();
    await page.locator('.event', { hasText: 'feedback_event' }).waitFor();
    await cardOf('第 1 句').getByText('思考过程').click();
    await cardOf('第 1 句').locator('.panel-body', { hasText: '先想一下。' }).waitFor();
  });

  it('shows each platform its own calls, and no refused one', async () => {
    const page = stage.page();
    for (const [id, own] of [
      ['feishu', 'cardkit'],
      ['dingtalk', 'card.streaming'],
      ['wecom', 'aibot_respond_msg'],
    ] as const) {
      await openPane(page, id);
      await send(page, `@小桥 在 ${id} 问`);
      await page.locator('.tabCalls tr', { hasText: own }).first().waitFor();
      const others = ['cardkit', 'card.streaming', 'aibot_respond_msg'].filter((name) => name !== own);
      for (const name of others)
        expect(await page.locator('.tabCalls tr', { hasText: name }).count()).toBe(0);
      await cardOf('模拟模型').last().waitFor();
      expect(await page.locator('.tile.bad').count()).toBe(0);
    }
    const { feishu, dingtalk: second, wecom: third } = stage.sandbox();
    const refused = [feishu, second, third].flatMap(({ simulator }): readonly unknown[] =>
      simulator.refused(),
    );
    expect(refused).toEqual([]);
  });

  it('ends the answers of all three platforms after the service was killed in the middle of them', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    const text = longAnswer.slice(0, 300);
    saySlowly(text);
    for (const id of ['feishu', 'dingtalk', 'wecom']) {
      await openPane(page, id);
      await send(page, '@小桥 说到一半被杀');
      await cardOf('第 2 句').last().waitFor();
    }
    const { starts } = sandbox.service.state();
    await page.locator('[data-action=kill]').click();
    await until(
      'the service is back',
      () => sandbox.service.state().starts > starts && sandbox.service.state().phase === 'running',
    );
    model().simulator.setSpeed({ tokensPerSecond: 2000 });
    // The whole answer in the same reply, or an honest note.
    const ended = (shown: string): boolean => shown.includes(text) || shown.includes('重启');
    for (const reader of [dingtalk, wecom]) {
      const question = await questionOf(sandbox, reader, '说到一半被杀');
      await closedReplyOf(sandbox, reader, question);
      expect(reader.replies(sandbox, question)).toHaveLength(1);
      await openPane(page, reader.id);
      await page.locator('.message.from-bot .card:not(.streaming)').last().waitFor();
      expect(ended((await page.locator('.message.from-bot .card').last().textContent()) ?? '')).toBe(true);
    }
    const question = await asked(sandbox, '说到一半被杀');
    const reply = await closedReply(sandbox, question);
    expect(replies(sandbox, question)).toHaveLength(1);
    expect(ended(JSON.stringify(reply.card?.json))).toBe(true);
    await page.getByText('上次恢复用时').waitFor();
  });
});
