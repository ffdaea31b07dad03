import { describe, expect, it } from 'vitest';
import { hostileName, hostileText, renderings, runnableElements } from './page-samples.ts';
import { chromium, usePage } from './page-stage.ts';
import {
  answerOf,
  asked,
  closedReply,
  lastPictures,
  lookAt,
  picture,
  replies,
  send,
  speakAs,
  until,
} from './test-support.ts';

describe.skipIf(chromium === undefined)('the demo page', () => {
  const stage = usePage();
  const { model, saySlowly, cardOf, longAnswer } = stage;

  it('brings two pictures and their question to the model, and its text back to the byte', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    const text =
      '# 结论\n\n两张图：**红** 和 _蓝_，😀 也在。\n\n| 图 | 颜色 |\n|---|:--:|\n| 1 | 红 |\n| 2 | 蓝 |\n\n1. 一\n2. 二\n   - 里面\n\n```js\nif (a < b && c > d) call("</x>");\n```\n完。';
    model().simulator.setAnswer(() => ({ text }));
    await page.locator('input[type=file]').setInputFiles([
      {
        name: 'turned.jpg',
        mimeType: 'image/jpeg',
        buffer: await picture({ width: 400, height: 300 }, '#d02020', true),
      },
      {
        name: 'wide.png',
        mimeType: 'image/png',
        buffer: await picture({ width: 640, height: 320 }, '#2040d0'),
      },
    ]);
    await page.locator('.thumb').nth(1).waitFor();
    await send(page, '@小桥 这两张图是什么颜色？');

    const reply = await closedReply(sandbox, await asked(sandbox, '这两张图是什么颜色'));
    expect(answerOf(reply)).toBe(text);
    const { text: words, urls } = lastPictures(model());
    expect(words).toContain('这两张图是什么颜色？');
    expect(urls).toHaveLength(2);
    const seen = await Promise.all(urls.map(lookAt));
    expect(seen.map(({ upright, shape, main }) => [upright, shape, main])).toEqual([
      [true, 'tall', 'red'],
      [true, 'wide', 'blue'],
    ]);

    const answer = cardOf('这两张图是什么颜色').locator('.answer');
    await answer.locator('td', { hasText: '蓝' }).waitFor();
    expect(await answer.locator('code').last().textContent()).toBe('if (a < b && c > d) call("</x>");');
    await page.getByRole('tab', { name: '模型请求' }).click();
    await page.locator('.request').first().locator('img').nth(1).waitFor();
    const figures = await page.locator('.tile b').allTextContents();
    expect(figures).toEqual([
      expect.stringMatching(/^\d+ ms$/),
      expect.stringMatching(/^\d+ ms$/),
      expect.stringMatching(/^[1-9]\d*$/),
      '0',
    ]);
  });

  it('draws Markdown, and only Markdown', async () => {
    const page = stage.page();
    const drawn = await page.evaluate<string[]>(`import('/markdown.js').then(({ markdown }) =>
      ${JSON.stringify(renderings.map(([text]) => text))}.map((text) => {
        const frame = document.createElement('div');
        frame.append(...markdown(text));
        return frame.innerHTML;
      }))`);
    expect(drawn).toEqual(renderings.map(([, html]) => html));
  });

  it('shows one answer when the same message is delivered five more times', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    saySlowly(longAnswer.slice(0, 200));
    await send(page, '@小桥 投递很多次');
    const question = await asked(sandbox, '投递很多次');
    await cardOf('投递很多次').locator('.answer').waitFor();
    const own = page.locator('.message.own', { hasText: '投递很多次' });
    await own.hover();
    await own.getByRole('button', { name: '重复投递' }).click();
    await until('six deliveries, all acknowledged', () => {
      const all = sandbox.feishu.simulator
        .deliveries()
        .filter(({ messageId }) => messageId === question.messageId);
      return all.length === 6 && all.every(({ state }) => state === 'acknowledged');
    });
    await closedReply(sandbox, question);
    expect(replies(sandbox, question)).toHaveLength(1);
    expect(await cardOf('投递很多次').count()).toBe(1);
  });

  it('stops an answer at the press of its button and keeps what was there', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    saySlowly(longAnswer);
    await send(page, '@小桥 说很久');
    const card = cardOf('说很久');
    await card.locator('.answer', { hasText: '第 2 句' }).waitFor();
    await card.getByRole('button', { name: '停止' }).click();
    await page.locator('.toast', { hasText: '正在停止' }).waitFor();
    const reply = await closedReply(sandbox, await asked(sandbox, '说很久'));
    expect(answerOf(reply)).toContain('第 2 句');
    expect(longAnswer.startsWith(answerOf(reply))).toBe(true);
    expect(answerOf(reply).length).toBeLessThan(longAnswer.length);
    await card.getByText('已停止').waitFor();
    await until('the model notices', () => model().simulator.openStreams === 0);
  });

  it('stops the answer to a message that is recalled', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    saySlowly(longAnswer);
    await speakAs(page, '乙');
    await send(page, '@小桥 这条会撤回');
    const question = await asked(sandbox, '这条会撤回');
    await cardOf('这条会撤回').locator('.answer').waitFor();
    const own = page.locator('.message.own', { hasText: '这条会撤回' });
    await own.hover();
    await own.getByRole('button', { name: '撤回' }).click();
    await page.locator('.gone-words', { hasText: '乙 撤回了一条消息' }).waitFor();
    await until('the model notices', () => model().simulator.openStreams === 0);
    const reply = await until('the reply to end', () =>
      replies(sandbox, question).find(({ card }) => card?.streaming === false),
    );
    expect(longAnswer.startsWith(answerOf(reply))).toBe(true);
    expect(answerOf(reply).length).toBeLessThan(longAnswer.length);
  });

  it('runs nothing that people or models write, and shows it as the text it is', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    model().simulator.setAnswer(() => ({ text: hostileText }));
    await speakAs(page, hostileName);
    await send(page, `@小桥 ${hostileText}`);
    const reply = await closedReply(sandbox, await asked(sandbox, 'alert(10)'));
    expect(answerOf(reply)).toContain('alert(3)');
    await page.locator('.message.from-bot .answer', { hasText: 'alert(3)' }).first().waitFor();
    await page.locator('.message.own .bubble', { hasText: 'alert(3)' }).waitFor();
    await page.getByRole('tab', { name: '模型请求' }).click();
    await page.locator('.request-text', { hasText: 'alert(3)' }).waitFor();
    const made = await page.evaluate<string[]>(runnableElements);
    expect(made).toEqual([]);
  });

  it('takes a pasted picture, completes a mention, and quotes a message', async () => {
    const [page, sandbox] = [stage.page(), stage.sandbox()];
    await send(page, '这条会被引用');
    const quoted = page.locator('.message.own', { hasText: '这条会被引用' });
    await quoted.hover();
    await quoted.getByRole('button', { name: '回复', exact: true }).click();
    const field = page.locator('.composer textarea');
    await field.pressSequentially('@小');
    await page.locator('.choices li', { hasText: '@小桥' }).waitFor();
    await field.press('Enter');
    await field.pressSequentially('看粘贴的图');
    const bytes = (await picture({ width: 96, height: 64 }, '#20a040')).toString('base64');
    await page.evaluate(`(() => {
      const bytes = Uint8Array.from(atob('${bytes}'), (character) => character.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], 'pasted.png', { type: 'image/png' }));
      document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true, bubbles: true }));
    })()`);
    await page.locator('.thumb').waitFor();
    await field.press('Enter');
    const question = await asked(sandbox, '看粘贴的图');
    expect(question.parentId).toBe((await asked(sandbox, '这条会被引用')).messageId);
    const reply = await closedReply(sandbox, question);
    expect(answerOf(reply)).toContain('96×64');
    await page
      .locator('.message.own', { hasText: '看粘贴的图' })
      .locator('.quote', { hasText: '这条会被引用' })
      .waitFor();
  });

  it('answers a reply in a topic inside that topic', async () => {
    const page = stage.page();
    await send(page, '这是话题的开头');
    const start = page.locator('.message.own', { hasText: '这是话题的开头' });
    await start.hover();
    await start.getByRole('button', { name: '话题' }).first().click();
    await send(page, '@小桥 在话题里问');
    await start.locator('.thread .message.from-bot .card-button', { hasText: '重试' }).waitFor();
    expect(await start.locator('.thread .message').count()).toBe(2);
  });

  it('fits a phone, and speaks English when asked to', async () => {
    const page = stage.page();
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Send' }).waitFor();
    const header = await page.locator('.top').boundingBox();
    for (const name of ['Feishu', 'DingTalk', 'WeCom']) {
      const tab = await page.getByRole('button', { name, exact: true }).boundingBox();
      expect((tab?.y ?? 0) + (tab?.height ?? Infinity)).toBeLessThanOrEqual(header?.height ?? 0);
    }
    await page.getByRole('button', { name: 'Behind the scenes' }).click();
    await page.getByText('Make something fail').waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });
});
