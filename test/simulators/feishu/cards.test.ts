import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import type { FeishuSimulatorOptions } from './options.ts';
import { button, cardWith, markdown, officialClient, setStage, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage(options?: FeishuSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

const cards = '/open-apis/cardkit/v1/cards';

/** A sent card, and the calls that change it, each with the next sequence unless told otherwise. */
async function streamingCard(set: Stage, card: JsonObject = cardWith([markdown('…')])) {
  const { cardId, messageId } = await set.sendCard(card);
  let sequence = 0;
  const change = (method: string, path: string, body: JsonObject) => {
    sequence += 1;
    return set.call(method, `${cards}/${cardId}${path}`, { sequence, ...body });
  };
  return {
    cardId,
    messageId,
    change,
    stream: (content: string, more: JsonObject = {}) =>
      change('PUT', '/elements/md_1/content', { content, ...more }),
    settings: (config: JsonObject) => change('PATCH', '/settings', { settings: JSON.stringify({ config }) }),
    view: () => set.sim.card(cardId)!,
  };
}

describe('a card entity, driven by the official client', () => {
  it('grows from a first sign of life to a closed card with a summary', async () => {
    const { sim, group, alice } = await stage();
    const client = officialClient(sim);
    const { message } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    const streamingConfig = {
      print_frequency_ms: { default: 40 },
      print_step: { default: 4 },
      print_strategy: 'delay',
    };
    const card = cardWith([markdown('…')], { streaming_mode: true, streaming_config: streamingConfig });
    const created = await client.cardkit.v1.card.create({
      data: { type: 'card_json', data: JSON.stringify(card) },
    });
    const cardId = created.data?.card_id ?? '';
    const content = JSON.stringify({ type: 'card', data: { card_id: cardId } });
    await client.im.v1.message.reply({
      path: { message_id: message.messageId },
      data: { msg_type: 'interactive', content },
    });
    expect(sim.card(cardId)).toMatchObject({
      streaming: true,
      summary: '[生成中...]',
      printing: { frequencyMs: 40, step: 4, strategy: 'delay' },
    });

    const path = { card_id: cardId, element_id: 'md_1' };
    for (const [sequence, text] of [
      [1, '你'],
      [5, '你好'],
      [6, '你好，世界'],
    ] as const) {
      expect(
        (await client.cardkit.v1.cardElement.content({ path, data: { content: text, sequence } })).code,
      ).toBe(0);
    }
    const settings = JSON.stringify({ config: { streaming_mode: false, summary: { content: '你好' } } });
    await client.cardkit.v1.card.settings({ path: { card_id: cardId }, data: { settings, sequence: 7 } });
    const finished = cardWith([markdown('你好，世界'), button('重试', 'retry', { a: 1 })], {
      summary: { content: '你好' },
    });
    await client.cardkit.v1.card.update({
      path: { card_id: cardId },
      data: { card: { type: 'card_json', data: JSON.stringify(finished) }, sequence: 8 },
    });

    const view = sim.card(cardId)!;
    expect(view).toMatchObject({
      streaming: false,
      summary: '你好',
      texts: { md_1: '你好，世界' },
      sequences: [1, 5, 6, 7, 8],
    });
    expect(view.buttons).toEqual([{ elementId: 'retry', label: '重试', disabled: false }]);
    expect(
      view.history.map(({ text, streamed, prefixExtending }) => [text, streamed, prefixExtending]),
    ).toEqual([
      ['你', true, false],
      ['你好', true, true],
      ['你好，世界', true, true],
      ['重试', false, true],
    ]);
    expect(view.redraws).toBe(1);
    expect(sim.messages(group.chatId)[1]).toMatchObject({ rootId: message.messageId, from: { kind: 'bot' } });
    const converted = await client.cardkit.v1.card.idConvert({ data: { message_id: view.messageId ?? '' } });
    expect(converted.data?.card_id).toBe(cardId);
  });

  it('takes elements in, changes and removes them, singly and in a batch', async () => {
    const { sim, sendCard } = await stage();
    const client = officialClient(sim);
    const { cardId } = await sendCard(cardWith([markdown('one')], {}));
    const path = { card_id: cardId };
    const at = (elementId: string) => ({ card_id: cardId, element_id: elementId });
    await client.cardkit.v1.cardElement.create({
      path,
      data: {
        type: 'insert_before',
        target_element_id: 'md_1',
        elements: JSON.stringify([markdown('zero', 'md_0')]),
        sequence: 1,
      },
    });
    await client.cardkit.v1.cardElement.create({
      path,
      data: { type: 'append', elements: JSON.stringify([markdown('two', 'md_2')]), sequence: 2 },
    });
    await client.cardkit.v1.cardElement.patch({
      path: at('md_1'),
      data: { partial_element: '{"content":"eins"}', sequence: 3 },
    });
    await client.cardkit.v1.cardElement.update({
      path: at('md_2'),
      data: { element: JSON.stringify(markdown('zwei', 'md_2')), sequence: 4 },
    });
    await client.cardkit.v1.cardElement.delete({ path: at('md_0'), data: { sequence: 5 } });
    expect(sim.card(cardId)?.markdown).toBe('eins\nzwei');
    const actions = JSON.stringify([
      { action: 'partial_update_setting', params: { settings: { config: { streaming_mode: true } } } },
      {
        action: 'add_elements',
        params: { type: 'insert_after', target_element_id: 'md_1', elements: [markdown('half', 'md_h')] },
      },
      {
        action: 'partial_update_element',
        params: { element_id: 'md_1', partial_element: { content: 'uno' } },
      },
      { action: 'update_element', params: { element_id: 'md_2', element: markdown('due', 'md_2') } },
      { action: 'delete_elements', params: { element_ids: ['md_h'] } },
    ]);
    await client.cardkit.v1.card.batchUpdate({ path, data: { actions, sequence: 6 } });
    expect(sim.card(cardId)).toMatchObject({ markdown: 'uno\ndue', streaming: true });
  });
});

describe('the rules of card operations', () => {
  it('wants a sequence that grows strictly over all operations, and does not use it up for a refusal', async () => {
    const set = await stage();
    const { stream, settings, view } = await streamingCard(set);
    expect((await stream('a', { sequence: 0 })).code).toBe(300317);
    expect((await stream('a', { sequence: 5 })).code).toBe(0);
    expect((await stream('b', { sequence: 5 })).code).toBe(300317);
    expect((await settings({ summary: { content: 's' } })).code).toBe(300317);
    expect((await stream('![x](http://x/y.png)', { sequence: 6 })).msg).toContain('ErrCode: 200570');
    expect((await stream('b', { sequence: 6 })).code).toBe(0);
    expect(view().sequences).toEqual([5, 6]);
    expect((await stream('c', { sequence: 2 ** 31 })).code).toBe(300317);
  });

  it('answers a repeated uuid without doing it twice, and refuses it for another content', async () => {
    const set = await stage();
    const { stream, view } = await streamingCard(set);
    expect((await stream('a', { uuid: 'u', sequence: 1 })).code).toBe(0);
    expect((await stream('a', { uuid: 'u', sequence: 1 })).code).toBe(0);
    expect((await stream('b', { uuid: 'u', sequence: 2 })).code).toBe(200770);
    expect(view()).toMatchObject({ sequences: [1], texts: { md_1: 'a' } });
  });

  it('closes streaming after ten minutes: one 200850, then 300309, while other operations go on', async () => {
    const set = await stage();
    const { stream, change, settings, view } = await streamingCard(set);
    await set.clock.advance(599_999);
    expect((await stream('a')).code).toBe(0);
    await set.clock.advance(1);
    expect(view().streaming).toBe(false);
    expect([(await stream('b')).code, (await stream('b')).code, (await stream('b')).code]).toEqual([
      200850, 300309, 300309,
    ]);
    expect((await change('PATCH', '/elements/md_1', { partial_element: '{"content":"c"}' })).code).toBe(0);
    expect((await settings({ streaming_mode: true })).code).toBe(0);
    await set.clock.advance(599_999);
    expect((await stream('cd')).code).toBe(0);
    expect(view().texts['md_1']).toBe('cd');
  });

  it('keeps the first ten minutes where switching on again does not count', async () => {
    const set = await stage({ rules: { reenablingRestarts: false } });
    const { stream, settings } = await streamingCard(set);
    await set.clock.advance(540_000);
    expect((await settings({ streaming_mode: true })).code).toBe(0);
    await set.clock.advance(60_000);
    expect((await stream('a')).code).toBe(200850);
  });

  it('streams text only while switched on, and only into text', async () => {
    const set = await stage();
    const { stream, change, settings } = await streamingCard(
      set,
      cardWith([markdown('…'), { tag: 'hr', element_id: 'line' }]),
    );
    expect((await change('PUT', '/elements/line/content', { content: 'x' })).code).toBe(300310);
    expect((await change('PUT', '/elements/none/content', { content: 'x' })).code).toBe(300313);
    expect((await stream('')).code).toBe(99992402);
    expect((await change('PATCH', '/elements/md_1', { partial_element: '{"tag":"hr"}' })).code).toBe(300312);
    expect((await change('DELETE', '/elements/none', {})).code).toBe(300314);
    expect((await change('PUT', '/elements/md_1', { element: { tag: 'markdown' } })).code).toBe(99992402);
    await settings({ streaming_mode: false });
    expect((await stream('x')).code).toBe(300309);
  });

  it('sends an entity once, and forgets it after 14 days', async () => {
    const set = await stage();
    const { cardId, stream } = await streamingCard(set);
    const content = JSON.stringify({ type: 'card', data: { card_id: cardId } });
    const body = { receive_id: set.group.chatId, msg_type: 'interactive', content };
    const again = await set.call('POST', '/open-apis/im/v1/messages?receive_id_type=chat_id', body);
    expect([again.code, again.msg]).toEqual([230099, expect.stringContaining('ErrCode: 300311')]);
    await set.clock.advance(14 * 86_400_000);
    expect((await stream('x')).code).toBe(200750);
    expect((await set.call('PATCH', `${cards}/1/settings`, { settings: '{}', sequence: 1 })).code).toBe(
      200740,
    );
  });

  it('refuses what makes the card too large, and counts bytes rather than characters', async () => {
    const set = await stage();
    const { stream, view } = await streamingCard(set);
    expect((await stream('汉'.repeat(10_000))).code).toBe(0);
    expect((await stream('汉'.repeat(10_300))).code).toBe(200860);
    expect(view().bytes).toBe(Buffer.byteLength(JSON.stringify(view().json)));
  });

  it('records whom a streamed text really notifies', async () => {
    const set = await stage();
    const { stream, messageId } = await streamingCard(set);
    await stream('`<at id=all></at>` and\n```\n<at id=all></at>\n```\n&#60;at id=all&#62;');
    const pings = () =>
      set.sim.messages(set.group.chatId).find((message) => message.messageId === messageId)?.pings;
    expect(pings()).toEqual([]);
    await stream(`hello <at id=all></at> and <at id="${set.bob.openId}"></at>`);
    expect(pings()).toEqual(['all', set.bob.openId]);
    expect((await stream('<at id=ou_nobody></at>')).msg).toContain('ErrCode: 100290');
  });
});
