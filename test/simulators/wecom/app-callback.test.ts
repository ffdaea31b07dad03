import { WecomCrypto } from '@wecom/aibot-node-sdk';
import { decrypt, getSignature } from '@wecom/crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { apiStage, type ApiStage } from './app-test-support.ts';
import { element, parent, textOf } from './app/xml.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { newestIn, pixel, serve, type Answered } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type App = ApiStage & { readonly heard: string[]; readonly url: string };

/** An app on the official crypto, behind its address in the console. */
async function app(
  react: (xml: string, crypto: WecomCrypto) => Answered | Promise<Answered>,
  options?: WeComSimulatorOptions,
): Promise<App> {
  const set = await apiStage(ends, options);
  const { agentToken, agentEncodingAesKey, corpId } = set.sim.corp;
  const crypto = new WecomCrypto(agentToken, agentEncodingAesKey, corpId);
  const heard: string[] = [];
  const url = await serve(ends, async ({ method, query, body }) => {
    const encrypted = query.get('echostr') ?? textOf(body, 'Encrypt') ?? '';
    const [timestamp, nonce] = [query.get('timestamp') ?? '', query.get('nonce') ?? ''];
    if (query.get('msg_signature') !== getSignature(agentToken, timestamp, nonce, encrypted))
      return { status: 401 };
    expect(decrypt(agentEncodingAesKey, encrypted).id).toBe(corpId);
    const plain = crypto.decrypt(encrypted);
    if (method === 'GET') return { body: plain };
    expect(textOf(body, 'ToUserName')).toBe(corpId);
    heard.push(plain);
    return react(plain, crypto);
  });
  set.sim.useAppWebhook(url);
  return { ...set, heard, url };
}

describe("the app's callbacks", () => {
  it('start with a check of the address under the CorpID', async () => {
    const { sim, url } = await app(() => ({}));
    expect(await sim.checkAppUrl(url)).toBe('verified');
    expect(await sim.checkBotUrl(url)).toBe('wrong-status');
  });

  it('carry texts of any content, with a MsgId beyond the safe integers', async () => {
    const { sim, alice, heard } = await app(() => ({}));
    const text = '<a href="x">&amp;]]></a> 你好';
    const { message, deliveries } = sim.say({
      chat: sim.appChat(alice),
      from: alice,
      said: { kind: 'text', text },
    });
    expect((await deliveries[0])?.state).toBe('delivered');
    const xml = heard[0] ?? '';
    expect(xml).toContain(
      `<ToUserName><![CDATA[${sim.corp.corpId}]]></ToUserName><FromUserName><![CDATA[XiaoLi]]>`,
    );
    expect(xml).toContain(`<MsgId>${message.messageId}</MsgId><AgentID>1000002</AgentID>`);
    expect(Number.isSafeInteger(Number(message.messageId))).toBe(false);
    expect(textOf(xml, 'Content')).toBe(text);
    expect(textOf(xml, 'MsgType')).toBe('text');
  });

  it('come again as they were when told to', async () => {
    const { sim, alice, heard } = await app(() => ({}));
    const said = { kind: 'text', text: 'hi' } as const;
    const { message, deliveries } = sim.say({ chat: sim.appChat(alice), from: alice, said, copies: 2 });
    await Promise.all(deliveries);
    await sim.redeliver(message);
    expect(heard).toHaveLength(3);
    expect(new Set(heard).size).toBe(1);
  });

  it('carry pictures by media id and by address', async () => {
    const { sim, alice, heard, token } = await app(() => ({}));
    const said = { kind: 'image', image: { bytes: pixel } } as const;
    await sim.say({ chat: sim.appChat(alice), from: alice, said }).deliveries[0];
    const xml = heard[0] ?? '';
    const path = `/cgi-bin/media/get?access_token=${await token()}&media_id=${textOf(xml, 'MediaId') ?? ''}`;
    for (const url of [sim.url + path, textOf(xml, 'PicUrl') ?? '']) {
      expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(pixel);
    }
  });

  it('are repeated three times with the same MsgId after five silent seconds each', async () => {
    const { sim, alice, heard, clock } = await app(() => new Promise(() => undefined));
    const { message, deliveries } = sim.say({
      chat: sim.appChat(alice),
      from: alice,
      said: { kind: 'text', text: 'hi' },
    });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await expect.poll(() => [heard.length, clock.sleeping()]).toEqual([attempt, 1]);
      await clock.advance(5000);
    }
    expect((await deliveries[0])?.state).toBe('lost');
    expect(heard.map((xml) => textOf(xml, 'MsgId'))).toEqual(Array(4).fill(message.messageId));
  });

  it('show a passive reply, cut at 2,048 bytes, unless it is sealed wrongly', async () => {
    let honest = true;
    const { sim, alice, shown } = await app((xml, crypto) => {
      const plain = parent(
        'xml',
        element('ToUserName', textOf(xml, 'FromUserName') ?? ''),
        element('FromUserName', textOf(xml, 'ToUserName') ?? ''),
        element('MsgType', 'text'),
        element('Content', '字'.repeat(700)),
      );
      const { encrypt, signature } = crypto.encrypt(plain, '1767225600', '42');
      const given = honest ? signature : 'wrong';
      const parts = [
        element('Encrypt', encrypt),
        element('MsgSignature', given),
        element('TimeStamp', 1_767_225_600),
      ];
      return { body: parent('xml', ...parts, element('Nonce', '42')) };
    });
    const said = { kind: 'text', text: 'hi' } as const;
    await sim.say({ chat: sim.appChat(alice), from: alice, said }).deliveries[0];
    expect(shown()).toEqual(['hi', '字'.repeat(682)]);
    honest = false;
    await sim.say({ chat: sim.appChat(alice), from: alice, said }).deliveries[0];
    expect(shown()).toHaveLength(3);
    expect(sim.refused().map(({ code }) => code)).toEqual([-40001]);
  });

  it('tell of events without a MsgId, and of a pressed card with a code that works once', async () => {
    const { sim, alice, heard, send, post, token } = await app(() => ({}));
    await sim.appEvent('enter_agent', alice, { EventKey: '' });
    expect(heard[0]).not.toContain('MsgId');
    expect(textOf(heard[0] ?? '', 'Event')).toBe('enter_agent');
    const card = {
      card_type: 'button_interaction',
      task_id: 't1',
      button_list: [{ text: '好', key: 'good' }],
    };
    await send({ msgtype: 'template_card', template_card: card });
    const message = newestIn(sim, sim.appChat(alice));
    await sim.press({ message, key: 'good', by: alice });
    const xml = heard[1] ?? '';
    expect(['Event', 'EventKey', 'TaskId'].map((name) => textOf(xml, name))).toEqual([
      'template_card_event',
      'good',
      't1',
    ]);
    const update = async () =>
      post(`/cgi-bin/message/update_template_card?access_token=${await token()}`, {
        agentid: sim.corp.agentId,
        userids: [alice.userId],
        response_code: textOf(xml, 'ResponseCode'),
        template_card: { ...card, button_list: [] },
      });
    expect(await update()).toMatchObject({ errcode: 0 });
    expect(sim.messages(sim.appChat(alice).chatId)[0]?.card?.json).toMatchObject({ button_list: [] });
    expect(await update()).toMatchObject({ errcode: 42045 });
  });
});
