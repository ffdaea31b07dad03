import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../../src/contract/adapter.ts';
import { verifyWebhook } from '../../../adapters/feishu/verify.ts';
import { encrypt, envelope, keys, receivedAt, signedRequest, webhookEvent, withToken } from './support.ts';
import { bodyOf, createWebhook, genuine, withBody, withHeaders } from './webhook-support.ts';

describe('the published vectors', () => {
  const body =
    '{"encrypt":"AAECAwQFBgcICQoLDA0ODygxCRD00ikE2ev/uv2HP2cPQwyluYwOGj0jaTC8TJINXs53QNLMwAlz2oBisca9zCz76MYcxcsXiB/SYNd6OQ0I5qypMyWEimCWoZ8lSB5k2YIQSO+D9MUsGPWu+JnZ8g=="}';

  it('the encrypted check of the address, with its signature', () => {
    const request = withHeaders(signedRequest(body), {
      'x-lark-request-timestamp': '1700000000',
      'x-lark-request-nonce': 'abcd1234',
      'x-lark-signature': 'c28e1e4b2520d3b841e78cc2a38e60802440abaa8f9396083631f2c7750b2fdf',
    });
    const now = new Date(1700000000_000);
    expect(verifyWebhook(request, keys, now)).toEqual({ type: 'challenge', challenge: 'ajls384kdjx98XX' });
    const tampered = withHeaders(request, { 'x-lark-request-nonce': 'abcd1235' });
    expect(verifyWebhook(tampered, keys, now)).toMatchObject({ type: 'refused', status: 401 });
  });

  it('our own sealing in these tests makes the same bytes', () => {
    const plain = '{"challenge":"ajls384kdjx98XX","token":"v_token_0001","type":"url_verification"}';
    expect(JSON.stringify({ encrypt: encrypt(plain) })).toBe(body);
  });
});

describe('the check of the address', () => {
  const plain = { challenge: 'c-1', token: keys.verificationToken, type: 'url_verification' };
  const unsigned = (body: object): WebhookRequest =>
    withHeaders(signedRequest(JSON.stringify(body)), {
      'x-lark-signature': undefined,
      'x-lark-request-timestamp': undefined,
      'x-lark-request-nonce': undefined,
    });

  it.each([
    ['plain', unsigned(plain)],
    ['encrypted', unsigned({ encrypt: encrypt(JSON.stringify(plain)) })],
    ['encrypted and signed', signedRequest(JSON.stringify({ encrypt: encrypt(JSON.stringify(plain)) }))],
  ])('is answered %s', async (_, request) => {
    const answer = await createWebhook().post(request);
    expect([answer.status, bodyOf(answer)]).toEqual([200, { challenge: 'c-1' }]);
  });

  it.each([
    ['another token', { ...plain, token: 'other' }, 401],
    ['no token', { ...plain, token: undefined }, 401],
    ['a token that is a list', { ...plain, token: [keys.verificationToken] }, 401],
    ['no challenge', { ...plain, challenge: undefined }, 400],
    ['a challenge far too long', { ...plain, challenge: 'x'.repeat(257) }, 400],
    ['another type', { ...plain, type: 'event_callback' }, 401],
  ])('with %s is refused plain and encrypted', async (_, body, status) => {
    const { post } = createWebhook();
    const sealed = unsigned({ encrypt: encrypt(JSON.stringify(body)) });
    const answers = await Promise.all([post(unsigned(body)), post(sealed)]);
    expect(answers.map((answer) => answer.status)).toEqual([status, status]);
  });
});

describe('a genuine event', () => {
  it('is admitted and answered 200 with a JSON body', async () => {
    const { post, admitted } = createWebhook();
    const answer = await post(webhookEvent(genuine));
    expect([answer.status, bodyOf(answer), answer.headers?.['content-type']]).toEqual([
      200,
      {},
      'application/json; charset=utf-8',
    ]);
    expect(admitted).toMatchObject([{ type: 'message', text: '机密 text' }]);
  });

  it('is verified over its raw bytes, whatever the spacing of its JSON', async () => {
    const { post, admitted } = createWebhook();
    const answer = await post(signedRequest(`{\n  "encrypt" :  "${encrypt(JSON.stringify(genuine))}"\n}`));
    expect([answer.status, admitted.length]).toEqual([200, 1]);
  });

  it('that we do not use is answered 200 too, or Feishu would send it again', async () => {
    const { post, admitted } = createWebhook();
    const answer = await post(webhookEvent(withToken(envelope('im.message.message_read_v1', {}))));
    expect([answer.status, bodyOf(answer), admitted]).toEqual([200, {}, []]);
  });

  it('of a button press is answered with the toast', async () => {
    const { post } = createWebhook({ admit: async () => ({ outcome: 'accepted', toast: '已停止' }) });
    const press = envelope('card.action.trigger', {
      operator: { open_id: 'ou_1' },
      action: { value: { id: 'b' } },
      context: { open_chat_id: 'oc_1' },
    });
    const answer = await post(webhookEvent(withToken(press)));
    expect(bodyOf(answer)).toEqual({ toast: { type: 'info', content: '已停止' } });
  });

  it.each([
    ['in the past', -300],
    ['in the future', 300],
  ])('at the edge of the time window %s still counts', async (_, seconds) => {
    const { post } = createWebhook();
    const timestamp = String(receivedAt.getTime() / 1000 + seconds);
    expect((await post(webhookEvent(genuine, { timestamp }))).status).toBe(200);
  });

  it('with keys named __proto__ and constructor is harmless', async () => {
    const { post, admitted } = createWebhook();
    const polluting = JSON.stringify(genuine).replace(
      '"schema"',
      '"__proto__":{"polluted":1,"type":"url_verification"},"constructor":{"prototype":{"polluted":1}},"schema"',
    );
    const answer = await post(signedRequest(JSON.stringify({ encrypt: encrypt(polluting) })));
    expect([answer.status, admitted.length, Object.hasOwn(Object.prototype, 'polluted')]).toEqual([
      200,
      1,
      false,
    ]);
  });
});

describe('an event that cannot be stored', () => {
  it('is answered 503, and its redelivery with the same bytes counts', async () => {
    let stored = false;
    const { post, admitted } = createWebhook({
      admit: async () => {
        if (!stored) throw new Error('disk full');
        return { outcome: 'accepted' };
      },
    });
    const request = webhookEvent(genuine);
    expect((await post(request)).status).toBe(503);
    stored = true;
    expect((await post(request)).status).toBe(200);
    expect(admitted).toHaveLength(2);
  });

  it('is answered 503 while the bot does not know its own id, and while it takes nothing', async () => {
    const unready = createWebhook({ self: '' });
    expect((await unready.post(webhookEvent(genuine))).status).toBe(503);
    const closed = createWebhook();
    await closed.intake.close();
    expect((await closed.post(webhookEvent(genuine))).status).toBe(503);
    expect([...unready.admitted, ...closed.admitted]).toEqual([]);
  });
});

describe('a replay', () => {
  it('gets the first answer again and has no effect, also at the same moment and until its window is over', async () => {
    const { post, admitted, clock } = createWebhook({
      admit: async () => ({ outcome: 'accepted', toast: 'once' }),
    });
    const timestamp = String(receivedAt.getTime() / 1000 + 300);
    const request = webhookEvent(genuine, { timestamp });
    const answers = await Promise.all([post(request), post(request)]);
    await clock.advance(599_000);
    answers.push(await post(request));
    expect(answers.map(bodyOf)).toEqual(Array(3).fill({ toast: { type: 'info', content: 'once' } }));
    expect(admitted).toHaveLength(1);
  });

  it('after the window is stale', async () => {
    const { post, clock } = createWebhook();
    const request = webhookEvent(genuine);
    await clock.advance(301_000);
    expect((await post(request)).status).toBe(401);
  });
});

describe('a request that is not a JSON object', () => {
  it.each([
    ['empty', ''],
    ['no JSON', 'hello'],
    ['XML', '<xml/>'],
    ['half of it', JSON.stringify({ encrypt: 'x' }).slice(0, 8)],
    ['a list', '[]'],
    ['a number', '1'],
    ['null', 'null'],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['half a million brackets', '['.repeat(500_000) + ']'.repeat(500_000)],
  ])('(%s) is answered 400, signed or not', async (_, body) => {
    const { post, admitted } = createWebhook();
    const signed = withBody(signedRequest(String(body)), body);
    const statuses = [
      (await post(signed)).status,
      (await post(withHeaders(signed, { 'x-lark-signature': undefined }))).status,
    ];
    expect([statuses, admitted]).toEqual([[400, 400], []]);
  });

  it('deeply nested inside an object is refused, not fatal', async () => {
    const deep = `{"encrypt":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`;
    expect((await createWebhook().post(signedRequest(deep))).status).toBe(401);
  });

  it.each(['gzip', 'deflate', 'br', 'x'])('with content encoding %s is answered 415', async (encoding) => {
    const request = withHeaders(webhookEvent(genuine), { 'content-encoding': encoding });
    expect((await createWebhook().post(request)).status).toBe(415);
  });
});
