import { afterEach, describe, expect, it } from 'vitest';
import type { FeishuSimulatorOptions } from './options.ts';
import type { Said } from './said.ts';
import { cardWith, markdown, officialClient, setStage, type Answer, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage(options?: FeishuSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const messages = '/open-apis/im/v1/messages';

type Item = { readonly upper_message_id?: string; readonly body: { readonly content: string } };
const itemsOf = ({ data }: Answer): readonly Item[] => data['items'] as readonly Item[];

describe('messages, driven by the official client', () => {
  it('knows the bot, sends, replies, reads, edits and recalls', async () => {
    const { sim, group, alice } = await stage();
    const client = officialClient(sim);
    const info = await client.request<{ bot: object }>({ method: 'GET', url: '/open-apis/bot/v3/info' });
    expect(info.bot).toMatchObject({ open_id: sim.app.botOpenId, activate_status: 2 });
    const { message } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });

    const reply = await client.im.v1.message.reply({
      path: { message_id: message.messageId },
      data: { msg_type: 'text', content: '{"text":"你好"}', uuid: 'u1' },
    });
    expect(reply).toMatchObject({
      code: 0,
      data: { root_id: message.messageId, parent_id: message.messageId, chat_id: group.chatId },
    });
    const messageId = reply.data?.message_id ?? '';
    const edited = await client.im.v1.message.update({
      path: { message_id: messageId },
      data: { msg_type: 'text', content: '{"text":"再见"}' },
    });
    expect(edited.code).toBe(0);
    const read = await client.im.v1.message.get({ path: { message_id: messageId } });
    expect(read.data?.items?.[0]).toMatchObject({
      body: { content: '{"text":"再见"}' },
      sender: { id: sim.app.appId, sender_type: 'app' },
    });
    await client.im.v1.message.delete({ path: { message_id: messageId } });
    const recalled = await client.im.v1.message.get({ path: { message_id: messageId } });
    expect(recalled.data?.items?.[0]).toMatchObject({ deleted: true });
    expect(recalled.data?.items?.[0]).not.toHaveProperty('body');
  });

  it('hands a person’s images out by message, key and type only', async () => {
    const { sim, group, alice } = await stage();
    const client = officialClient(sim);
    const said: Said = {
      kind: 'post',
      paragraphs: [
        [{ tag: 'text', text: '@{bot} 看' }],
        [],
        [{ tag: 'img', image: { bytes: png, mime: 'image/png' } }],
      ],
    };
    const { message } = sim.say({ chat: group, from: alice, said });
    const content = JSON.parse(message.content);
    expect(content.content[0][0]).toMatchObject({ tag: 'at', user_id: '@_user_1' });
    expect(content.content[1]).toEqual([]);
    const fileKey = content.content[2][0].image_key;

    const resource = await client.im.v1.messageResource.get({
      path: { message_id: message.messageId, file_key: fileKey },
      params: { type: 'image' },
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of resource.getReadableStream()) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(png);
    await expect(client.im.v1.image.get({ path: { image_key: fileKey } })).rejects.toMatchObject({
      response: { status: 400 },
    });
    const other = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot}' } });
    const wrong = client.im.v1.messageResource.get({
      path: { message_id: other.message.messageId, file_key: fileKey },
      params: { type: 'image' },
    });
    await expect(wrong).rejects.toMatchObject({ response: { status: 400 } });
  });

  it('takes an upload, shows it in cards, and gives it back', async () => {
    const { sim, sendCard } = await stage();
    const client = officialClient(sim);
    const uploaded = await client.im.v1.image.create({ data: { image_type: 'message', image: png } });
    expect(uploaded?.image_key).toMatch(/^img_v3_/);
    const { messageId } = await sendCard(cardWith([markdown(`![图](${uploaded?.image_key})`)]));
    expect(sim.card(messageId)?.markdown).toContain(uploaded?.image_key);
    await expect(
      client.im.v1.image.create({ data: { image_type: 'message', image: Buffer.from('text') } }),
    ).rejects.toMatchObject({
      response: { data: { code: 234011 } },
    });
  });

  it('adds and removes a reaction, and knows the chat', async () => {
    const { sim, group, alice } = await stage();
    const client = officialClient(sim);
    const { message } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    const path = { message_id: message.messageId };
    const added = await client.im.v1.messageReaction.create({
      path,
      data: { reaction_type: { emoji_type: 'Typing' } },
    });
    expect(sim.messages(group.chatId)[0]?.reactions[0]?.emojiType).toBe('Typing');
    await client.im.v1.messageReaction.delete({
      path: { ...path, reaction_id: added.data?.reaction_id ?? '' },
    });
    expect(sim.messages(group.chatId)[0]?.reactions).toEqual([]);
    await expect(
      client.im.v1.messageReaction.create({ path, data: { reaction_type: { emoji_type: 'NoSuch' } } }),
    ).rejects.toMatchObject({
      response: { data: { code: 231001 } },
    });
    const chat = await client.im.v1.chat.get({ path: { chat_id: group.chatId } });
    expect(chat.data).toMatchObject({
      chat_mode: 'group',
      group_message_type: 'chat',
      owner_id: alice.openId,
    });
  });
});

describe('the rules of messages', () => {
  it('keeps replies inside their topic and makes a topic on request', async () => {
    const { sim, group, alice, call } = await stage();
    const first = sim.say({ chat: group, from: alice, said: { kind: 'text', text: 'one' } }).message;
    const second = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'text', text: 'two' },
      replyTo: first,
    }).message;
    const body = { msg_type: 'text', content: '{"text":"x"}' };
    const plain = await call('POST', `${messages}/${second.messageId}/reply`, body);
    expect(plain.data).toMatchObject({ root_id: first.messageId, parent_id: second.messageId });
    expect(plain.data).not.toHaveProperty('thread_id');
    const threaded = await call('POST', `${messages}/${second.messageId}/reply`, {
      ...body,
      reply_in_thread: true,
    });
    expect(threaded.data).toMatchObject({ root_id: second.messageId, parent_id: second.messageId });
    const inside = await call('POST', `${messages}/${String(threaded.data['message_id'])}/reply`, body);
    expect(inside.data).toMatchObject({
      root_id: second.messageId,
      parent_id: second.messageId,
      thread_id: threaded.data['thread_id'],
    });
  });

  it('sends one message for a uuid within the hour, and another after it', async () => {
    const { sim, group, clock, call } = await stage();
    const body = { receive_id: group.chatId, msg_type: 'text', content: '{"text":"x"}', uuid: 'same' };
    const send = () => call('POST', `${messages}?receive_id_type=chat_id`, body);
    const [one, two] = [await send(), await send()];
    expect(two.data['message_id']).toBe(one.data['message_id']);
    expect(sim.messages(group.chatId)).toHaveLength(1);
    await clock.advance(3_600_000);
    await send();
    expect(sim.messages(group.chatId)).toHaveLength(2);
  });

  it('refuses what is too long, no JSON string, out of reach or gone', async () => {
    const { sim, group, alice, call } = await stage({ limits: { perChatPerSecond: Infinity } });
    const send = async (more: object) =>
      (
        await call('POST', `${messages}?receive_id_type=chat_id`, {
          receive_id: group.chatId,
          msg_type: 'text',
          content: '{"text":"x"}',
          ...more,
        })
      ).code;
    expect(await send({ content: { text: 'x' } })).toBe(99992402);
    expect(await send({ content: 'x' })).toBe(230001);
    expect(await send({ content: JSON.stringify({ text: 'x'.repeat(150 * 1024) }) })).toBe(230025);
    expect(
      await send({
        msg_type: 'interactive',
        content: JSON.stringify(cardWith([markdown('汉'.repeat(10_300))])),
      }),
    ).toBe(230025);
    expect(await send({ msg_type: 'interactive', content: '{"card_id":"1"}' })).toBe(230099);
    const { message } = sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot}' } });
    void sim.recall(message);
    expect(
      (
        await call('POST', `${messages}/${message.messageId}/reply`, {
          msg_type: 'text',
          content: '{"text":"x"}',
        })
      ).code,
    ).toBe(230011);
    group.muted = true;
    expect(await send({})).toBe(230035);
    group.botPresent = false;
    expect(await send({})).toBe(230002);
    group.dissolved = true;
    expect(await send({})).toBe(232009);
    expect(sim.refused().length).toBe(9);
  });

  it('lets a text be edited 20 times, and a card be patched for 14 days', async () => {
    const { group, clock, call } = await stage();
    const create = (msg_type: string, content: string) =>
      call('POST', `${messages}?receive_id_type=chat_id`, { receive_id: group.chatId, msg_type, content });
    const text = String((await create('text', '{"text":"0"}')).data['message_id']);
    for (let edit = 1; edit <= 20; edit += 1) {
      expect(
        (await call('PUT', `${messages}/${text}`, { msg_type: 'text', content: `{"text":"${edit}"}` })).code,
      ).toBe(0);
    }
    expect(
      (await call('PUT', `${messages}/${text}`, { msg_type: 'text', content: '{"text":"21"}' })).code,
    ).toBe(230072);
    const content = (words: string) => JSON.stringify(cardWith([markdown(words)], {}));
    const card = String((await create('interactive', content('a'))).data['message_id']);
    expect((await call('PATCH', `${messages}/${card}`, { content: content('b') })).code).toBe(0);
    await clock.advance(14 * 86_400_000);
    expect((await call('PATCH', `${messages}/${card}`, { content: content('c') })).code).toBe(230031);
    expect((await call('PATCH', `${messages}/${text}`, { content: content('c') })).code).not.toBe(0);
  });

  it('hands quoted cards out as an appeal to upgrade, and whole on request', async () => {
    const { call, sendCard } = await stage();
    const { messageId } = await sendCard(cardWith([markdown('the answer')], {}));
    const plain = itemsOf(await call('GET', `${messages}/${messageId}`));
    expect(plain[0]?.body.content).toContain('请升级至最新版本客户端');
    expect(plain[0]?.body.content).not.toContain('the answer');
    const whole = itemsOf(
      await call('GET', `${messages}/${messageId}?card_msg_content_type=user_card_content`),
    );
    expect(JSON.parse(whole[0]?.body.content ?? '').body.elements[0].content).toBe('the answer');
  });

  it('lists the children of a forwarded bundle and refuses their files', async () => {
    const { sim, group, alice, call } = await stage();
    const picture = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'image', image: { bytes: png } },
    }).message;
    const bundle = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'merge_forward', children: [picture] },
    }).message;
    expect(bundle.content).toBe('Merged and Forwarded Message');
    const items = itemsOf(await call('GET', `${messages}/${bundle.messageId}`));
    expect(items).toHaveLength(2);
    expect(items[1]?.upper_message_id).toBe(bundle.messageId);
    const key = JSON.parse(items[1]?.body.content ?? '').image_key;
    expect((await call('GET', `${messages}/${bundle.messageId}/resources/${key}?type=image`)).code).toBe(
      234043,
    );
  });
});
