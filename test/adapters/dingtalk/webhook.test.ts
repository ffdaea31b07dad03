import { describe, expect, it } from 'vitest';
import type { WebhookRequest, WebhookResponse } from '../../../src/contract/adapter.ts';
import { signatureOf } from '../../../adapters/dingtalk/verify.ts';
import { never, until } from '../shared/waiting.ts';
import { ended, opening, stage, text, type Stage } from './support.ts';

const webhookMode = { env: { DINGTALK_MODE: 'webhook' } };

describe('the signature', () => {
  it('is what the documentation’s sample gives', () => {
    expect(signatureOf('1577262236757', 'this is a secret')).toBe(
      'DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=',
    );
  });
});

describe('a robot’s HTTP callback', () => {
  it('is stored, answered with nothing to say, and marked as forgeable', async () => {
    const set = await stage(webhookMode);
    const response = await post(set, signed(set, message(set)));
    expect([response.status, JSON.parse(String(response.body))]).toEqual([200, { msgtype: 'empty' }]);
    expect(set.events).toMatchObject([{ type: 'message', forgeable: true, text: '你好', addressed: true }]);
  });

  it('is answered by the session that came with it', async () => {
    const set = await stage(webhookMode);
    await post(set, signed(set, message(set)));
    const [event] = set.events;
    if (event?.type !== 'message') throw new Error('no message');
    const sink = await set.settled(set.adapter.openReply(opening(event), never));
    await set.settled(sink.close(ended('好'), never));
    expect(set.shown(set.group)).toHaveLength(1);
  });

  it('leads nobody’s answers to another host', async () => {
    const set = await stage(webhookMode);
    const hosts = [
      'https://evil.example/robot/sendBySession?session=1',
      'http://oapi.dingtalk.com/robot/sendBySession',
      'https://oapi.dingtalk.com.evil.example/',
      'https://oapi.dingtalk.com:8443/',
      'https://user@oapi.dingtalk.com/',
      'https://xdingtalk.com/',
    ];
    for (const [index, sessionWebhook] of hosts.entries()) {
      await set.clock.advance(1);
      await post(set, signed(set, { ...message(set), msgId: `m${index}`, sessionWebhook }));
    }
    expect(set.events).toHaveLength(hosts.length);
    for (const event of set.events) {
      expect(JSON.stringify(event)).not.toMatch(/evil|8443|user@|xdingtalk|http:\/\/oapi/);
    }
  });

  it.each([
    ['without a signature', { sign: '' }],
    ['with a wrong signature', { sign: 'AAAA' }],
    ['without a time', { timestamp: '' }],
    ['with a time of another signature', { timestamp: '1577262236757' }],
  ])('%s is refused', async (_, headers) => {
    const set = await stage(webhookMode);
    const request = signed(set, message(set));
    const response = await post(set, { ...request, headers: { ...request.headers, ...headers } });
    expect([response.status, set.events]).toEqual([401, []]);
  });

  it('is refused when it is more than a minute old, or ahead', async () => {
    const set = await stage(webhookMode);
    for (const offMs of [-61_000, 61_000]) {
      expect((await post(set, signed(set, message(set), offMs))).status).toBe(401);
    }
    expect((await post(set, signed(set, message(set), -59_000))).status).toBe(200);
  });

  it('has no effect when it is played again, and is refused with another body', async () => {
    const set = await stage(webhookMode);
    const genuine = signed(set, message(set));
    const [first, again] = [await post(set, genuine), await post(set, genuine)];
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    const forged = { ...genuine, body: Buffer.from(JSON.stringify({ ...message(set), msgId: 'forged' })) };
    expect((await post(set, forged)).status).toBe(401);
    expect(set.events).toHaveLength(1);
  });

  it('may come again when it could not be stored', async () => {
    let times = 0;
    const set = await stage({
      ...webhookMode,
      inbox: async () => {
        times += 1;
        if (times === 1) throw new Error('the disk is full');
        return { outcome: 'accepted' };
      },
    });
    const genuine = signed(set, message(set));
    expect((await post(set, genuine)).status).toBe(503);
    expect((await post(set, genuine)).status).toBe(200);
  });

  it('that is no JSON object, or encoded, is refused', async () => {
    const set = await stage(webhookMode);
    expect((await post(set, { ...signed(set, {}), body: Buffer.from('[') })).status).toBe(400);
    await set.clock.advance(1);
    const gzip = signed(set, message(set));
    const headers = { ...gzip.headers, 'content-encoding': 'gzip' };
    expect((await post(set, { ...gzip, headers })).status).toBe(415);
    expect(set.events).toEqual([]);
  });
});

describe('callback mode', () => {
  it('opens no connection, and says that there are no buttons', async () => {
    const { sim, adapter } = await stage(webhookMode);
    expect(sim.connections()).toEqual([]);
    expect(adapter.capabilities).toMatchObject({ updates: 'live', buttons: false });
    expect(adapter.webhooks.map(({ path, methods }) => [path, methods])).toEqual([
      ['/webhooks/dingtalk', ['POST']],
    ]);
  });

  it('notices wrong credentials', async () => {
    const { another, settled } = await stage({ ...webhookMode, start: false });
    const adapter = await another({ DINGTALK_CLIENT_SECRET: 'not-the-secret' });
    await adapter.start(async () => ({ outcome: 'accepted' }));
    await settled(until(() => adapter.health().state === 'failed'));
    expect(adapter.health().detail).toBe('auth invalidClientIdOrSecret');
  });
});

function message({ sim, group, alice }: Stage): Record<string, unknown> {
  const { message: said } = sim.say({ chat: group, from: alice, said: text('@{bot} 你好'), push: 'never' });
  return {
    msgId: said.msgId,
    conversationId: group.conversationId,
    conversationType: '2',
    chatbotCorpId: sim.app.corpId,
    chatbotUserId: sim.app.botUserId,
    senderId: alice.senderId,
    senderStaffId: alice.staffId,
    isInAtList: true,
    robotCode: sim.app.robotCode,
    msgtype: 'text',
    text: { content: ' 你好' },
    sessionWebhook: `${sim.oapiUrl}/robot/sendBySession?session=${'0'.repeat(32)}`,
    sessionWebhookExpiredTime: Date.parse('2026-11-20T09:30:00Z'),
  };
}

function signed({ sim, clock }: Stage, body: object, offMs = 0): WebhookRequest {
  const timestamp = String(clock.now().getTime() + offMs);
  return {
    method: 'POST',
    query: new URLSearchParams(),
    headers: { timestamp, sign: signatureOf(timestamp, sim.app.clientSecret) },
    body: Buffer.from(JSON.stringify(body)),
  };
}

async function post({ adapter }: Stage, request: WebhookRequest): Promise<WebhookResponse> {
  const [route] = adapter.webhooks;
  if (route === undefined) throw new Error('no route');
  return route.handle(request);
}
