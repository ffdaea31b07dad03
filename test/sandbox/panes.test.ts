import { describe, expect, it } from 'vitest';
import { hostileName, hostileText, runnableElements } from './page-samples.ts';
import { chromium, usePage } from './page-stage.ts';
import { closedReplyOf, platformReaders, questionOf } from './platform-readers.ts';
import { lastPictures, lookAt, openPane, picture, send, speakAs, until } from './test-support.ts';

const answerText =
  '# 结论\n\n图是 **红** 的，😀 也在。\n\n| 图 | 颜色 |\n|---|---|\n| 1 | 红 |\n\n1. 一\n2. 二\n\n```js\nif (a < b) call("</x>");\n```\n\n完。';

describe.skipIf(chromium === undefined).each(platformReaders)('the $id pane', (reader) => {
  const stage = usePage();
  const { model, saySlowly, cardOf, longAnswer } = stage;

  const replies = (question: string) => reader.replies(stage.sandbox(), question);
  const question = (words: string) => questionOf(stage.sandbox(), reader, words);
  const closed = (id: string) => closedReplyOf(stage.sandbox(), reader, id);

  async function open() {
    const page = stage.page();
    await openPane(page, reader.id);
    return page;
  }

  it('brings a picture and its question to the model, and shows its whole answer', async () => {
    const page = await open();
    model().simulator.setAnswer(() => ({ text: answerText }));
    await page.locator('input[type=file]').setInputFiles({
      name: 'turned.jpg',
      mimeType: 'image/jpeg',
      buffer: await picture({ width: 400, height: 300 }, '#d02020', true),
    });
    await page.locator('.thumb').waitFor();
    await send(page, '@小桥 这张图是什么颜色？');
    const { text } = await closed(await question('这张图是什么颜色'));
    expect(text).toBe(answerText);
    const asked = lastPictures(model());
    expect(asked.text).toContain('这张图是什么颜色？');
    expect(asked.text).not.toContain('小桥');
    expect(await Promise.all(asked.urls.map(lookAt))).toEqual([
      { upright: true, shape: 'tall', main: 'red' },
    ]);
    const answer = cardOf('完。').locator('.answer');
    await answer.locator('td', { hasText: '红' }).waitFor();
    expect(await answer.locator('.code code').textContent()).toBe('if (a < b) call("</x>");');
    await page.locator('.message.own img.sent-picture').waitFor();
    await page
      .locator('.tile', { hasText: '模型首字' })
      .getByText(/^\d+ ms$/)
      .waitFor();
    const figures = await page.locator('.tile b').allTextContents();
    expect(figures).toEqual([
      expect.stringMatching(/^\d+ ms$/),
      expect.stringMatching(/^\d+ ms$/),
      expect.stringMatching(/^[1-9]\d*$/),
      '0',
    ]);
  });

  it('shows one growing answer when the same message is delivered five more times', async () => {
    const page = await open();
    const text = longAnswer.slice(0, 200).trim();
    saySlowly(text);
    await send(page, '@小桥 投递很多次');
    const id = await question('投递很多次');
    await cardOf('第 1 句').locator('.live').waitFor();
    const own = page.locator('.message.own', { hasText: '投递很多次' });
    await own.hover();
    await own.getByRole('button', { name: '重复投递' }).click();
    await until('six deliveries', () => {
      const { all, arrived } = reader.pushes(stage.sandbox(), id);
      return all === 6 && arrived === 6;
    });
    expect((await closed(id)).text).toBe(text);
    expect(replies(id)).toHaveLength(1);
    expect(await cardOf('第 1 句').count()).toBe(1);
    const questions = model().simulator.chats.filter(({ body }) =>
      JSON.stringify(body).includes('投递很多次'),
    );
    expect(questions).toHaveLength(1);
  });

  it('knows what a quoted message says', async () => {
    const page = await open();
    await send(page, '预算是三百二十万');
    const quoted = page.locator('.message.own', { hasText: '预算是三百二十万' });
    await quoted.hover();
    await quoted.getByRole('button', { name: '回复', exact: true }).click();
    await send(page, '@小桥 这个数字对吗');
    await closed(await question('这个数字对吗'));
    expect(lastPictures(model()).text).toContain('预算是三百二十万');
    await page
      .locator('.message.own', { hasText: '这个数字对吗' })
      .locator('.quote', { hasText: '预算是三百二十万' })
      .waitFor();
  });

  it('answers in the direct chat without a mention, also to a voice message', async () => {
    const page = await open();
    await page.locator('.chat-entry').nth(1).click();
    await send(page, '单独问一句');
    await closed(await question('单独问一句'));
    await page.locator('select.tool').selectOption('audio');
    await until('the words of the voice message', () => lastPictures(model()).text.includes('有没有超支'));
    await page.locator('.message.from-bot .answer', { hasText: '有没有超支' }).waitFor();
  });

  it('is connected again after its connection was cut, and only its own', async () => {
    const page = await open();
    const before = reader.connections(stage.sandbox());
    const [feishu] = stage.sandbox().feishu.simulator.connections();
    await page.locator('[data-action=drop-connection]').click();
    await until('new connections', () => {
      const now = reader.connections(stage.sandbox());
      return now.length === before.length && now.every((id) => !before.includes(id));
    });
    expect(stage.sandbox().feishu.simulator.connections()[0]?.id).toBe(feishu?.id);
    await send(page, '@小桥 又连上了吗');
    expect((await closed(await question('又连上了吗'))).text).toContain('模拟模型');
  });

  it('runs nothing that people or models write, and shows it as the text it is', async () => {
    const page = await open();
    model().simulator.setAnswer(() => ({ text: hostileText }));
    await speakAs(page, hostileName);
    await send(page, `@小桥 ${hostileText}`);
    await closed(await question('alert(10)'));
    await page.locator('.message.from-bot .answer', { hasText: 'alert(3)' }).first().waitFor();
    await page.locator('.message.own .bubble', { hasText: 'alert(3)' }).waitFor();
    expect(await page.evaluate<string[]>(runnableElements)).toEqual([]);
  });
});
