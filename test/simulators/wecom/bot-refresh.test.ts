import { afterEach, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../feishu/json.ts';
import { botStage, hello, stream, type Reaction } from './bot-test-support.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { newestIn, serve } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const bot = (react: Reaction, options?: WeComSimulatorOptions) => botStage(ends, react, options);

describe('the refresh loop', () => {
  it('asks for the stream until it is finished, each content replacing the one before', async () => {
    const contents = ['<think></think>', '一', '一二', '一二三'];
    let asked = 0;
    const { sim, group, alice, heard, clock } = await bot(() => {
      const content = contents[Math.min(asked, 3)] ?? '';
      asked += 1;
      return stream('s1', content, asked >= 4);
    });
    const { message, deliveries } = sim.say({ chat: group, from: alice, said: hello });
    await deliveries[0];
    const bubble = () => sim.messages(group.chatId)[1];
    for (const shown of ['', '一', '一二', '一二三']) {
      await expect
        .poll(() => [bubble()?.text, clock.sleeping()])
        .toEqual([shown, shown === '一二三' ? 0 : 1]);
      await clock.advance(1000);
    }
    expect(heard).toHaveLength(4);
    expect(heard[1]).toEqual({
      msgid: expect.not.stringMatching(message.messageId),
      aibotid: sim.corp.botId,
      chatid: group.chatId,
      chattype: 'group',
      from: { userid: 'XiaoLi' },
      msgtype: 'stream',
      stream: { id: 's1' },
    });
    expect(bubble()?.stream).toMatchObject({ state: 'finished', redraws: 0 });
    expect(sim.refused()).toEqual([]);
  });

  it('ends six minutes after the message and leaves the bubble as it is', async () => {
    const { sim, group, alice, heard, clock } = await bot(() => stream('s1', '还在想'), {
      limits: { pollMs: 120_000 },
    });
    await sim.say({ chat: group, from: alice, said: hello }).deliveries[0];
    for (let polls = 1; polls <= 3; polls += 1) {
      await expect.poll(() => [heard.length, clock.sleeping()]).toEqual([polls, 1]);
      await clock.advance(120_000);
    }
    await expect.poll(() => sim.messages(group.chatId)[1]?.stream?.state).toBe('expired');
    expect(heard).toHaveLength(3);
  });

  it('takes only the stream that it asked for', async () => {
    let asked = 0;
    const { sim, group, alice, clock } = await bot(() => {
      asked += 1;
      return stream(asked === 2 ? 's2' : 's1', 'x'.repeat(asked), asked === 3);
    });
    await sim.say({ chat: group, from: alice, said: hello }).deliveries[0];
    for (let polls = 1; polls <= 2; polls += 1) {
      await expect.poll(() => [asked, clock.sleeping()]).toEqual([polls, 1]);
      await clock.advance(1000);
    }
    await expect.poll(() => sim.messages(group.chatId)[1]?.text).toBe('xxx');
    expect(sim.refused().map(({ api, code }) => [api, code])).toEqual([['reply.refresh', 40058]]);
    expect(sim.messages(group.chatId)).toHaveLength(2);
  });

  it('can be asked at any time for any stream, and hands out what came back', async () => {
    const { sim, group, alice } = await bot((body) => {
      const asked = body['stream'];
      return stream(isObject(asked) ? String(asked['id']) : 's1', '完', true);
    });
    const { message, deliveries } = sim.say({ chat: group, from: alice, said: hello });
    await deliveries[0];
    const { reply } = await sim.refreshStream(message, 's1');
    expect(reply).toEqual(stream('s1', '完', true));
    expect(sim.messages(group.chatId)).toHaveLength(2);
  });
});

describe('the response_url', () => {
  async function respond(callback: JsonObject | undefined, payload: JsonObject): Promise<unknown> {
    const url = String(callback?.['response_url']);
    const answer: unknown = await (
      await fetch(url, { method: 'POST', body: JSON.stringify(payload) })
    ).json();
    return isObject(answer) ? answer['errcode'] : undefined;
  }
  const markdown = (content: string): JsonObject => ({ msgtype: 'markdown', markdown: { content } });

  it('shows one Markdown message, in a group with a quote of the question; a second one is swallowed', async () => {
    const { sim, group, alice, heard } = await bot(() => undefined);
    const { message, deliveries } = sim.say({ chat: group, from: alice, said: hello });
    await deliveries[0];
    const [callback] = heard;
    expect(await respond(callback, { msgtype: 'text', text: { content: 'x' } })).toBe(40008);
    expect(
      await respond(callback, { msgtype: 'template_card', template_card: { card_type: 'text_notice' } }),
    ).toBe(40058);
    expect(await respond(callback, markdown('**答**'))).toBe(0);
    expect(await respond(callback, markdown('again'))).toBe(0);
    expect(sim.messages(group.chatId).slice(1)).toMatchObject([
      { text: '**答**', quotedId: message.messageId },
    ]);
    expect(sim.calls().at(-1)).toMatchObject({ api: 'aibot.response', code: 0, unseen: 'used' });
  });

  it('works for an hour', async () => {
    const { sim, alice, heard, clock } = await bot(() => undefined);
    const chat = sim.directChat(alice);
    for (const text of ['一', '二'])
      await sim.say({ chat, from: alice, said: { kind: 'text', text } }).deliveries[0];
    await clock.advance(3_599_999);
    expect(await respond(heard[0], markdown('x'))).toBe(0);
    await clock.advance(1);
    expect(await respond(heard[1], markdown('x'))).toBe(40058);
  });
});

describe('events by webhook', () => {
  it('welcome with a text, which no message may be answered with', async () => {
    const { sim, alice } = await bot(() => ({ msgtype: 'text', text: { content: '欢迎' } }));
    await sim.enterChat(alice);
    expect(sim.messages(sim.directChat(alice).chatId).map(({ text }) => text)).toEqual(['欢迎']);
    expect(sim.refused()).toEqual([]);
  });

  const card = {
    card_type: 'button_interaction',
    task_id: 't1',
    button_list: [{ text: '停止', key: 'stop' }],
  };

  it('send a pressed button once, and replace the card with the answer', async () => {
    const { sim, alice, heard } = await bot((body) =>
      body['msgtype'] === 'event'
        ? { response_type: 'update_template_card', template_card: { ...card, button_list: [] } }
        : {
            msgtype: 'stream_with_template_card',
            stream: { id: 's1', content: '答', finish: true },
            template_card: card,
          },
    );
    const chat = sim.directChat(alice);
    await sim.say({ chat, from: alice, said: { kind: 'text', text: 'hi' } }).deliveries[0];
    const shown = sim.messages(chat.chatId);
    expect(shown.map(({ kind }) => kind)).toEqual(['text', 'stream', 'template_card']);
    const message = newestIn(sim, chat);
    await sim.press({ message, key: 'stop', by: alice });
    expect(heard.at(-1)).toHaveProperty('response_url');
    expect(sim.messages(chat.chatId)[2]?.card?.json).toMatchObject({ button_list: [] });
    sim.useBotWebhook(await serve(ends, () => ({ status: 500 })));
    const again = { ...message, card: { json: card, earlier: [] } };
    expect((await sim.press({ message: again, key: 'stop', by: alice })).attempts).toHaveLength(1);
  });

  it('want an empty answer to a rating', async () => {
    const { sim, alice } = await bot((body) =>
      body['msgtype'] === 'event'
        ? stream('s2', 'x', true)
        : stream('s1', '答', true, { feedback: { id: 'turn' } }),
    );
    const chat = sim.directChat(alice);
    await sim.say({ chat, from: alice, said: { kind: 'text', text: 'hi' } }).deliveries[0];
    const message = newestIn(sim, chat);
    await sim.rate({ message, by: alice, verdict: 'good' });
    expect(sim.refused().map(({ api, code }) => [api, code])).toEqual([['reply.feedback_event', 40058]]);
  });
});
