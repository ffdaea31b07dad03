import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../../src/contract/adapter.ts';
import { encrypt, envelope, keys, receivedAt, signedRequest, webhookEvent, withToken } from './support.ts';
import { createWebhook, genuine, withBody, withHeaders } from './webhook-support.ts';

describe('forged requests', () => {
  const good = webhookEvent(genuine);
  const signature = good.headers['x-lark-signature']!;
  const timestamp = good.headers['x-lark-request-timestamp']!;
  const goodBody = Buffer.from(good.body);
  const flipped = (text: string, at: number): string =>
    text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
  const sealed = (event: unknown, signing = {}): WebhookRequest =>
    signedRequest(JSON.stringify({ encrypt: encrypt(JSON.stringify(event)) }), signing);
  const base64Positions = Array.from({ length: 300 }, (_, index) => 12 + index);

  const cases: (readonly [string, WebhookRequest])[] = [
    // A wrong signature, one digit at a time, and forms that a careless comparison takes.
    ...Array.from(
      { length: 64 },
      (_, at) =>
        [`signature digit ${at}`, withHeaders(good, { 'x-lark-signature': flipped(signature, at) })] as const,
    ),
    ...Array.from(
      { length: 64 },
      (_, length) =>
        [
          `${length} digits of the signature`,
          withHeaders(good, { 'x-lark-signature': signature.slice(0, length) }),
        ] as const,
    ),
    ...[
      signature.toUpperCase(),
      ` ${signature}`,
      `${signature} `,
      `${signature}0`,
      'null',
      'undefined',
      '0',
    ].map((value) => [`signature ${value}`, withHeaders(good, { 'x-lark-signature': value })] as const),
    ['no signature', withHeaders(good, { 'x-lark-signature': undefined })],
    // The signed parts changed under a signature that was right.
    ...Array.from(
      { length: 10 },
      (_, at) =>
        [
          `timestamp digit ${at}`,
          withHeaders(good, { 'x-lark-request-timestamp': flipped(timestamp, at) }),
        ] as const,
    ),
    ...['', 'abcd1235', 'ABCD1234', 'abcd123', 'abcd12345'].map(
      (nonce) => [`nonce ${nonce}`, withHeaders(good, { 'x-lark-request-nonce': nonce })] as const,
    ),
    [
      'timestamp and nonce shifted',
      withHeaders(good, { 'x-lark-request-timestamp': `${timestamp}a`, 'x-lark-request-nonce': 'bcd1234' }),
    ],
    ['no timestamp', withHeaders(good, { 'x-lark-request-timestamp': undefined })],
    ['no nonce', withHeaders(good, { 'x-lark-request-nonce': undefined })],
    // The body changed: every one of its first 300 base64 characters, blanks added, another field added.
    ...base64Positions.map((at) => {
      const changed = Buffer.from(goodBody);
      changed[at] = changed[at] === 0x41 ? 0x42 : 0x41;
      return [`body byte ${at}`, withBody(good, changed)] as const;
    }),
    ['body with a blank', withBody(good, `${goodBody.toString()} `)],
    ['body with a second field', withBody(good, goodBody.toString().replace('}', ',"a":1}'))],
    // Signed rightly, but at the wrong time.
    ...[301, 302, 400, 3_600, 86_400, 1e9].flatMap((seconds) =>
      [seconds, -seconds].map((offset) => {
        const at = String(receivedAt.getTime() / 1000 + offset);
        return [`${offset} s off`, sealed(genuine, { timestamp: at })] as const;
      }),
    ),
    ...[
      '',
      '0',
      '-1',
      'now',
      '1e9',
      '0x65',
      String(receivedAt.getTime()),
      `${timestamp}.0`,
      ` ${timestamp}`,
      `+${timestamp}`,
      '9'.repeat(30),
    ].map((value) => [`timestamp ${value}`, sealed(genuine, { timestamp: value })] as const),
    // Signed under keys that are not ours.
    ...[
      '',
      'kudryavk',
      'kudryavka ',
      'Kudryavka',
      'undefined',
      'null',
      'v_token_0001',
      ...Array.from({ length: 30 }, (_, index) => `key${index}`),
    ].map((encryptKey) => [`key ${encryptKey}`, webhookEvent(genuine, { encryptKey })] as const),
    // Signed rightly, but encrypted with another key, or not at all.
    ...Array.from(
      { length: 30 },
      (_, index) =>
        [
          `encrypted with key ${index}`,
          signedRequest(JSON.stringify({ encrypt: encrypt(JSON.stringify(genuine), `other${index}`) })),
        ] as const,
    ),
    ['not encrypted', signedRequest(JSON.stringify(genuine))],
    [
      'not encrypted and not signed',
      withHeaders(signedRequest(JSON.stringify(genuine)), { 'x-lark-signature': undefined }),
    ],
    ...[
      '',
      'AAAA',
      '!!!!',
      'A'.repeat(24),
      'A'.repeat(64),
      Buffer.alloc(16).toString('base64'),
      Buffer.alloc(17).toString('base64'),
    ].map((text) => [`encrypt ${text}`, signedRequest(JSON.stringify({ encrypt: text }))] as const),
    ...[null, 1, true, [], {}, ['x'], { a: 1 }].map(
      (value) =>
        [`encrypt ${JSON.stringify(value)}`, signedRequest(JSON.stringify({ encrypt: value }))] as const,
    ),
    ...['', 'x', '1', 'null', '[]', '"text"', '{}'].map(
      (plain) => [`inside: ${plain}`, signedRequest(JSON.stringify({ encrypt: encrypt(plain) }))] as const,
    ),
    ['inside: half a character', signedRequest(JSON.stringify({ encrypt: encrypt('\ud800') }))],
    // All right but for the verification token.
    ...[
      '',
      'v_token_000',
      'v_token_00011',
      'V_TOKEN_0001',
      ' v_token_0001',
      'v_token_0001\0',
      'undefined',
      ...Array.from({ length: 20 }, (_, index) => `token${index}`),
    ].map((token) => [`token ${token}`, sealed(withToken(genuine, token))] as const),
    ...[undefined, null, 1, true, [], [keys.verificationToken], { token: keys.verificationToken }].map(
      (token) =>
        [
          `token ${JSON.stringify(token)}`,
          sealed({ ...genuine, header: { event_type: 'im.message.receive_v1', token } }),
        ] as const,
    ),
    // Of another app.
    [
      'another app',
      sealed(withToken(envelope('im.message.receive_v1', {}, { app_id: 'cli_0000000000000000' }))),
    ],
    // The old card callback's signature: SHA-1 over the verification token.
    [
      'signed the old way',
      withHeaders(good, {
        'x-lark-signature': createHash('sha1')
          .update(timestamp + 'abcd1234' + keys.verificationToken + goodBody.toString())
          .digest('hex'),
      }),
    ],
  ];

  it('are more than six hundred', () => {
    expect(cases.length).toBeGreaterThanOrEqual(600);
  });

  it('all get the same 401, and none has an effect', async () => {
    const { post, admitted, webhook } = createWebhook();
    const answers = await Promise.all(
      cases.map(async ([name, request]) => [name, await post(request)] as const),
    );
    const wrong = answers.filter(
      ([, { status, body }]) => status !== 401 || body !== '{"error":"unauthorized"}',
    );
    expect(wrong).toEqual([]);
    expect([admitted, webhook.lastSeen()]).toEqual([[], undefined]);
  });

  it('are the only ones refused: the request they were made from is taken', async () => {
    expect((await createWebhook().post(good)).status).toBe(200);
  });

  it('leave neither text nor keys in the log', async () => {
    const { post, log } = createWebhook({ admit: async () => Promise.reject(new Error('store is gone')) });
    await Promise.all([...cases.map(([, request]) => post(request)), post(good)]);
    const lines = log.lines.join('\n');
    for (const secret of ['机密', keys.encryptKey, keys.verificationToken, signature])
      expect(lines).not.toContain(secret);
  });
});
