import { WecomCrypto } from '@wecom/aibot-node-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../feishu/json.ts';
import { botStage, hello, stream, type Reaction, type Sealer } from './bot-test-support.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { pixel, pixelMd5, serve, type Answered, type Heard } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const bot = (react: Reaction, options?: WeComSimulatorOptions) => botStage(ends, react, options);

describe('the check of an address', () => {
  it('wants the plain echo byte for byte within a second', async () => {
    const { sim, url, clock } = await bot(() => undefined);
    expect(await sim.checkBotUrl(url)).toBe('verified');
    const crypto = new WecomCrypto(sim.corp.botToken, sim.corp.botEncodingAesKey, '');
    const echo = ({ query }: Heard): string => crypto.decrypt(query.get('echostr') ?? '');
    const quoting = await serve(ends, (heard) => ({ body: JSON.stringify(echo(heard)) }));
    expect(await sim.checkBotUrl(quoting)).toBe('wrong-echo');
    const lined = await serve(ends, (heard) => ({ body: `${echo(heard)}\n` }));
    expect(await sim.checkBotUrl(lined)).toBe('wrong-echo');
    const refusing = await serve(ends, (heard) => ({ status: 401, body: echo(heard) }));
    expect(await sim.checkBotUrl(refusing)).toBe('wrong-status');
    const silent = await serve(ends, () => new Promise(() => undefined));
    const check = sim.checkBotUrl(silent);
    await expect.poll(() => clock.sleeping()).toBe(1);
    await clock.advance(1000);
    expect(await check).toBe('timeout');
  });
});

describe('a callback by webhook', () => {
  it('carries the message with a response_url, and pictures under the key of the callback', async () => {
    const { sim, group, alice, heard } = await bot(() => undefined);
    const items = [
      { kind: 'text', text: '@{bot} 看图' } as const,
      { kind: 'image', image: { bytes: pixel } } as const,
    ];
    const { message, deliveries } = sim.say({ chat: group, from: alice, said: { kind: 'mixed', items } });
    expect((await deliveries[0])?.state).toBe('delivered');
    expect(heard).toEqual([
      {
        msgid: message.messageId,
        aibotid: sim.corp.botId,
        chatid: group.chatId,
        chattype: 'group',
        from: { userid: 'XiaoLi' },
        response_url: expect.stringContaining(`${sim.url}/cgi-bin/aibot/response?response_code=`),
        msgtype: 'mixed',
        mixed: {
          msg_item: [
            { msgtype: 'text', text: { content: '@Qwen 助手 看图' } },
            { msgtype: 'image', image: { url: expect.stringContaining(sim.mediaUrl) } },
          ],
        },
      },
    ]);
  });

  it('is repeated three times with the same msgid, signed anew, while it is not answered with 200', async () => {
    const nonces = new Set<string>();
    const { sim, group, alice } = await bot(() => undefined);
    const failing = await serve(ends, ({ query }) => {
      nonces.add(query.get('nonce') ?? '');
      return { status: 500 };
    });
    sim.useBotWebhook(failing);
    const { deliveries } = sim.say({ chat: group, from: alice, said: hello });
    const delivery = await deliveries[0];
    expect(delivery?.attempts.map(({ outcome, status }) => [outcome, status])).toEqual(
      Array(4).fill(['refused', 500]),
    );
    expect(delivery?.state).toBe('lost');
    expect(nonces.size).toBe(4);
  });

  it('is repeated when five seconds pass without an answer; the same stream then has one bubble', async () => {
    let first = true;
    const { sim, group, alice, heard, clock } = await bot((_, seal) => {
      if (!first) return stream('s1', '答', true);
      first = false;
      return new Promise(
        (resolve) => void clock.sleep(6000).then(() => resolve(seal(stream('s1', '晚', true)))),
      );
    });
    const { deliveries } = sim.say({ chat: group, from: alice, said: hello });
    await expect.poll(() => heard.length).toBe(1);
    await clock.advance(5000);
    const delivery = await deliveries[0];
    expect(delivery?.attempts.map(({ outcome }) => outcome)).toEqual(['timeout', 'answered']);
    expect(heard.map(({ msgid }) => msgid)).toEqual([delivery?.messageId, delivery?.messageId]);
    expect(sim.messages(group.chatId).map(({ text }) => text)).toEqual(['@Qwen 助手 你好', '答']);
  });

  it('goes to any of several replicas', async () => {
    const { sim, group, alice } = await bot(() => undefined);
    const hits = [0, 0];
    const replica = (index: 0 | 1) =>
      serve(ends, () => {
        hits[index] = (hits[index] ?? 0) + 1;
        return {};
      });
    sim.useBotWebhook([await replica(0), await replica(1)]);
    for (let index = 0; index < 20; index += 1) {
      await sim.say({ chat: group, from: alice, said: hello }).deliveries[0];
    }
    expect(Math.min(...hits)).toBeGreaterThan(0);
  });
});

describe('a passive reply is not shown', () => {
  async function refused(reply: (seal: Sealer) => Answered | JsonObject): Promise<readonly number[]> {
    const { sim, alice } = await bot((_, seal) => reply(seal));
    const chat = sim.directChat(alice);
    await sim.say({ chat, from: alice, said: { kind: 'text', text: 'hi' } }).deliveries[0];
    expect(sim.messages(chat.chatId)).toHaveLength(1);
    return sim.refused().map(({ code }) => code);
  }
  const altered = (seal: Sealer, change: JsonObject): Answered => ({
    body: JSON.stringify({
      ...(JSON.parse(seal(stream('s1', 'x', true)).body ?? '') as JsonObject),
      ...change,
    }),
  });

  it('when it is plain, or signed wrongly, or carries another nonce', async () => {
    expect(await refused(() => ({ body: JSON.stringify(stream('s1', 'x', true)) }))).toEqual([-40002]);
    expect(await refused((seal) => altered(seal, { msgsignature: '0'.repeat(40) }))).toEqual([-40001]);
    expect(await refused((seal) => altered(seal, { nonce: '1' }))).toEqual([-40001]);
  });

  it('when it is a text, a Markdown message, or has no stream id', async () => {
    expect(await refused(() => ({ msgtype: 'text', text: { content: 'x' } }))).toEqual([40008]);
    expect(await refused(() => ({ msgtype: 'markdown', markdown: { content: 'x' } }))).toEqual([40008]);
    expect(await refused(() => ({ msgtype: 'stream', stream: { content: 'x', finish: true } }))).toEqual([
      40058,
    ]);
  });

  it('when it is longer than 20,480 bytes, or has pictures before its end', async () => {
    expect(await refused(() => stream('s1', '字'.repeat(6827), true))).toEqual([40058]);
    const image = { base64: pixel.toString('base64'), md5: pixelMd5 };
    const items = { msg_item: [{ msgtype: 'image', image }] };
    expect(await refused(() => stream('s1', 'x', false, items))).toEqual([40058]);
    expect(await refused(() => stream('s1', 'x', true, { feedback: { id: 'x'.repeat(257) } }))).toEqual([
      40058,
    ]);
  });
});

describe('a fourth message of a person who waits for three answers', () => {
  it.each([
    ['deliver', 4],
    ['drop', 3],
  ] as const)('is handled by the rule %s', async (fourthInteraction, delivered) => {
    const { sim, alice } = await bot(() => stream('s1', '…'), { rules: { fourthInteraction } });
    const chat = sim.directChat(alice);
    for (let index = 0; index < 4; index += 1) {
      await sim.say({ chat, from: alice, said: { kind: 'text', text: 'hi' } }).deliveries[0];
    }
    expect(sim.deliveries()).toHaveLength(delivered);
  });
});
