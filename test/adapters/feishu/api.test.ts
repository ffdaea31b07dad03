import { defaultHttpInstance } from '@larksuiteoapi/node-sdk';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../fakes/clock.ts';
import { ending, failure, start, type Here } from './calls.ts';
import { createCalls } from './platform.ts';
import { never, until } from '../shared/waiting.ts';

const tokenCalls = ({ feishu }: Here): number =>
  feishu.calls().filter(({ api }) => api === 'auth.tenantAccessToken.internal').length;

const first = { urgency: 'first' } as const;
const card = JSON.stringify({
  schema: '2.0',
  config: { update_multi: true, streaming_mode: true },
  body: { elements: [{ tag: 'markdown', element_id: 'answer', content: '…' }] },
});

function question({ feishu }: Here, words = '@{bot} 在吗') {
  const user = feishu.addUser({ name: '李雷' });
  const chat = feishu.addChat({ name: '财务', members: [user] });
  return feishu.say({ chat, from: user, said: { kind: 'text', text: words }, push: 'never' }).message;
}

describe('every call the replies make', () => {
  it('reaches the platform in its documented form', async () => {
    const here = await start();
    const { operations, feishu } = here;
    const asked = question(here);
    const { cardId } = await operations.createCard(card, first, never);
    const message = {
      msgType: 'interactive',
      content: JSON.stringify({ type: 'card', data: { card_id: cardId } }),
      uuid: 'u-1',
    } as const;
    const sent = await operations.reply(asked.messageId, message, first, never);
    expect(sent).toMatchObject({ chatId: asked.chatId, messageId: expect.stringMatching(/^om_/) as string });
    expect(await operations.cardOfMessage(sent.messageId, first, never)).toEqual({ cardId });
    const live = { urgency: 'live' } as const;
    await operations.putText({ cardId, sequence: 1, uuid: 'a' }, 'answer', () => '一二三', live, never);
    expect(JSON.stringify(feishu.card(cardId))).toContain('一二三');
    const partial = { element_id: 'answer', partial_element: { content: '四' } };
    const actions = JSON.stringify([{ action: 'partial_update_element', params: partial }]);
    await operations.batchUpdate({ cardId, sequence: 2, uuid: 'b' }, () => actions, live, never);
    expect(JSON.stringify(feishu.card(cardId))).toContain('四');
    await operations.patchSettings(
      { cardId, sequence: 3, uuid: 'c' },
      JSON.stringify({ config: { streaming_mode: false } }),
      live,
      never,
    );
    await operations.putCard(
      { cardId, sequence: 4, uuid: 'd' },
      () => card.replace('…', '五六').replace('true}', 'false}'),
      { urgency: 'final' },
      never,
    );
    expect(JSON.stringify(feishu.card(cardId))).toContain('五六');
    const text = { msgType: 'text', content: '{"text":"hi"}', uuid: 'u-2' } as const;
    expect((await operations.send({ chatId: asked.chatId }, text, first, never)).chatId).toBe(asked.chatId);
    expect(feishu.refused()).toEqual([]);
  });

  it('passes the budget, under its API, card, chat and message', async () => {
    const here = await start();
    const { operations, budget } = here;
    const asked = question(here);
    const { cardId } = await operations.createCard(card, { ...first, chat: asked.chatId }, never);
    const text = { msgType: 'text', content: '{"text":"hi"}', uuid: 'u-2' } as const;
    const sent = await operations.send({ chatId: asked.chatId }, text, first, never);
    await operations.putText(
      { cardId, sequence: 1, uuid: 'a' },
      'answer',
      () => 'x',
      { urgency: 'live' },
      never,
    );
    await operations
      .patchMessage(sent.messageId, () => card, { urgency: 'live' }, never)
      .catch(() => undefined);
    await operations.getMessage(asked.messageId, never);
    await operations.botInfo(never);
    await operations.openImage(asked.messageId, 'img_x', never).catch(() => undefined);
    expect(budget.calls).toEqual([
      { api: 'token', urgency: 'first' },
      { api: 'card.create', urgency: 'first', chat: asked.chatId },
      { api: 'message.create', urgency: 'first', chat: asked.chatId },
      { api: 'card.content', urgency: 'live', card: cardId },
      { api: 'message.patch', urgency: 'live', message: sent.messageId },
      { api: 'message.get', urgency: 'first' },
      { api: 'bot.info', urgency: 'first' },
      { api: 'message.resource', urgency: 'first' },
    ]);
  });

  it('takes its text at the moment it leaves, and only once', async () => {
    const here = await start();
    const { cardId } = await here.operations.createCard(card, first, never);
    const asked: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const calls = createCalls({
      url: here.feishu.url,
      appId: here.feishu.app.appId,
      appSecret: here.feishu.app.appSecret,
      budget: { run: async (_call, _signal, send) => gate.promise.then(send), slowDown: () => undefined },
    });
    ending.push(() => calls.close());
    let newest = 'old';
    const text = (): string => {
      asked.push(newest);
      return newest;
    };
    here.feishu.fault('cardkit.cardElement.content', { kind: 'code', code: 99991663, status: 400 });
    const put = calls.operations.putText(
      { cardId, sequence: 1, uuid: 'a' },
      'answer',
      text,
      { urgency: 'live' },
      never,
    );
    newest = 'new';
    gate.resolve(undefined);
    await put;
    expect(asked).toEqual(['new']);
  });

  it('cannot leave its place in the path', async () => {
    const here = await start();
    const error = await failure(here.operations.getMessage('../../auth/v3/x?y=1#', never));
    expect(error.code).not.toBe('aborted');
    expect(here.feishu.calls().map(({ api }) => api)).toEqual([
      'auth.tenantAccessToken.internal',
      'im.message.get',
    ]);
  });

  it('never goes through axios', async () => {
    const here = await start();
    let requests = 0;
    const watched: unknown = Reflect.get(defaultHttpInstance, 'interceptors');
    const interceptors = watched as {
      request: { use: (f: (c: unknown) => unknown) => number; eject: (id: number) => void };
    };
    const id = interceptors.request.use((config) => {
      requests += 1;
      return config;
    });
    await here.operations.botInfo(never);
    interceptors.request.eject(id);
    expect(requests).toBe(0);
  });
});

describe('SDK fault: tokens are asked for once a call, and kept after they were refused', () => {
  it('many first calls ask for one token', async () => {
    const here = await start();
    await Promise.all(Array.from({ length: 8 }, () => here.operations.botInfo(never)));
    expect(tokenCalls(here)).toBe(1);
  });

  it('one caller that goes away does not take the token from the others', async () => {
    const here = await start();
    here.feishu.fault('auth.tenantAccessToken.internal', { kind: 'delay', milliseconds: 30 });
    const leaving = new AbortController();
    const left = failure(here.operations.botInfo(leaving.signal));
    const stays = here.operations.botInfo(never);
    leaving.abort();
    expect((await left).code).toBe('aborted');
    expect(await stays).toMatchObject({ activateStatus: 2 });
    expect(tokenCalls(here)).toBe(1);
  });

  it('a revoked token is renewed once, within the call', async () => {
    const here = await start();
    await here.operations.botInfo(never);
    here.feishu.revokeTokens();
    expect(await here.operations.botInfo(never)).toMatchObject({ openId: here.feishu.app.botOpenId });
    expect(tokenCalls(here)).toBe(2);
  });

  it.each([
    [99991663, 400],
    [99991664, 400],
    [99991665, 400],
    [99991671, 400],
    [0, 401],
  ])('code %d with status %d leads to one fresh token and no more', async (code, status) => {
    const here = await start();
    here.feishu.fault('bot.info', { kind: 'code', code, status }, 2);
    expect((await failure(here.operations.botInfo(never))).code).toBe('unauthorized');
    expect(here.feishu.calls().filter(({ api }) => api === 'bot.info')).toHaveLength(2);
    expect(await here.operations.botInfo(never)).toMatchObject({ activateStatus: 2 });
  });

  it('is renewed before it expires, without a call waiting for it', async () => {
    const clock = createFakeClock();
    const here = await start({ clock }, { clock });
    await here.operations.botInfo(never);
    await clock.advance(115 * 60_000);
    await here.operations.botInfo(never);
    await until(() => tokenCalls(here) === 2);
    await clock.advance(4 * 60_000);
    await here.operations.botInfo(never);
    await clock.advance(10 * 60_000);
    await here.operations.botInfo(never);
    expect(here.feishu.refused()).toEqual([]);
  });

  it('a failed request for a token is not kept', async () => {
    const here = await start();
    here.feishu.fault('auth.tenantAccessToken.internal', { kind: 'answer', status: 502, body: '<html>' });
    expect((await failure(here.operations.botInfo(never))).code).toBe('unavailable');
    expect(await here.operations.botInfo(never)).toMatchObject({ activateStatus: 2 });
  });

  it('every token handed out is made known to the log as a secret', async () => {
    const here = await start();
    await here.operations.botInfo(never);
    expect(here.log.secrets).toEqual([expect.stringMatching(/^t-/)]);
  });
});

describe('SDK fault: the app secret is logged when the token cannot be had', () => {
  it.each([
    [200, 'wrong'],
    [400, 'wrong'],
  ] as const)(
    'a wrong secret (HTTP %d) is unauthorized, and in no log and no error',
    async (status, appSecret) => {
      const here = await start(
        { rules: { tokenErrorStatus: status } },
        { appSecret: `${appSecret}-secret-value` },
      );
      const error = await failure(here.operations.botInfo(never));
      expect([error.code, error.platformCode]).toEqual(['unauthorized', '10014']);
      expect(`${here.log.lines.join()} ${error.stack} ${JSON.stringify(error)}`).not.toContain(
        'wrong-secret-value',
      );
    },
  );

  it('neither does a connection that breaks while asking', async () => {
    const here = await start();
    here.feishu.fault('auth.tenantAccessToken.internal', { kind: 'drop-before' });
    const error = await failure(here.operations.botInfo(never));
    expect(error.code).toBe('unavailable');
    expect(`${here.log.lines.join()} ${error.stack}`).not.toContain(here.feishu.app.appSecret);
  });
});

describe('what the platform refuses', () => {
  it('under HTTP 200 is refused all the same', async () => {
    const here = await start();
    here.feishu.fault('bot.info', { kind: 'code', code: 230002 });
    expect(await failure(here.operations.botInfo(never))).toMatchObject({
      code: 'target-gone',
      platformCode: '230002',
      sent: 'no',
    });
  });

  it('as too often slows the budget down for as long as the platform says', async () => {
    const here = await start();
    here.feishu.fault('bot.info', {
      kind: 'answer',
      status: 429,
      body: '{"code":99991400,"msg":"request trigger frequency limit"}',
      headers: { 'x-ogw-ratelimit-reset': '7', 'x-ogw-ratelimit-limit': '50' },
    });
    expect(await failure(here.operations.botInfo(never))).toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 7_000,
      sent: 'no',
    });
    expect(here.budget.slowed).toEqual([
      { call: { api: 'bot.info', urgency: 'first' }, retryAfterMs: 7_000 },
    ]);
  });

  it('of the token as too often slows the token down', async () => {
    const here = await start();
    here.feishu.fault('auth.tenantAccessToken.internal', { kind: 'code', code: 99991400, status: 400 });
    expect((await failure(here.operations.botInfo(never))).code).toBe('rate-limited');
    expect(here.budget.slowed).toEqual([
      { call: { api: 'token', urgency: 'first' }, retryAfterMs: undefined },
    ]);
  });

  it('for the month is told', async () => {
    const here = await start();
    here.feishu.fault('bot.info', { kind: 'code', code: 99991403, status: 400 });
    expect((await failure(here.operations.botInfo(never))).code).toBe('quota-exhausted');
    expect(here.quotaExhausted()).toBe(1);
  });

  it('for a missing permission names the permissions', async () => {
    const here = await start({ scopes: [] });
    const error = await failure(here.operations.createCard(card, first, never));
    expect(error).toMatchObject({
      code: 'forbidden',
      platformCode: '99991672',
      cause: { missingScopes: ['cardkit:card:write'] },
    });
  });

  it('is told by codes only: its words may echo what was sent', async () => {
    const here = await start();
    const message =
      'Failed to create card content, ext=ErrCode: 11310; ErrMsg: card table number over limit; ErrorValue: 机密内容';
    here.feishu.fault('cardkit.card.create', { kind: 'code', code: 230099, status: 400, message }, 5);
    const error = await failure(here.operations.createCard(card, first, never));
    expect([error.code, error.platformCode]).toEqual(['too-large', '230099/11310-tables']);
    expect(
      `${here.log.lines.join()} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`,
    ).not.toContain('机密');
  });
});

describe('what does not get through', () => {
  it.each(['drop-before', 'drop-after'] as const)(
    'after the request was written (%s) may have had its effect',
    async (kind) => {
      const here = await start();
      const asked = question(here);
      await here.operations.botInfo(never);
      here.feishu.fault('im.message.reply', { kind });
      const text = { msgType: 'text', content: '{"text":"hi"}', uuid: 'u-1' } as const;
      expect(await failure(here.operations.reply(asked.messageId, text, first, never))).toMatchObject({
        code: 'unavailable',
        sent: 'maybe',
      });
      await here.operations.reply(asked.messageId, text, first, never);
      expect(here.feishu.messages(asked.chatId)).toHaveLength(2);
    },
  );

  it('because nobody listens had no effect', async () => {
    const here = await start();
    await here.operations.botInfo(never);
    await here.feishu.stop();
    await failure(here.operations.createCard(card, first, never)); // over the kept connection, now closed
    const error = await failure(here.operations.createCard(card, first, never));
    expect(error).toMatchObject({ code: 'unavailable', sent: 'no' });
  });

  it('within ten seconds is a time-out', async () => {
    const clock = createFakeClock();
    const here = await start({}, { clock });
    await here.operations.botInfo(never);
    here.feishu.fault('cardkit.card.create', { kind: 'delay', milliseconds: 60_000 });
    const error = failure(here.operations.createCard(card, first, never));
    await until(() => clock.sleeping() === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await clock.advance(10_000);
    expect(await error).toMatchObject({ code: 'timeout', sent: 'maybe' });
    expect(clock.sleeping()).toBe(0);
  });

  it('because we gave it up says whether it had left', async () => {
    const here = await start();
    const before = await failure(here.operations.createCard(card, first, AbortSignal.abort()));
    expect(before).toMatchObject({ code: 'aborted', sent: 'no' });
    expect(here.feishu.calls()).toEqual([]);
    await here.operations.botInfo(never);
    here.feishu.fault('cardkit.card.create', { kind: 'delay', milliseconds: 60_000 });
    const giving = new AbortController();
    const under = failure(here.operations.createCard(card, first, giving.signal));
    await new Promise((resolve) => setTimeout(resolve, 20));
    giving.abort();
    expect(await under).toMatchObject({ code: 'aborted', sent: 'maybe' });
  });

  it.each([
    ['a redirect', { kind: 'answer', status: 302, headers: { location: '/elsewhere' } }],
    ['an HTML page', { kind: 'answer', status: 200, body: '<html>' }],
    ['HTTP 500', { kind: 'answer', status: 500, body: '{}' }],
    ['HTTP 503', { kind: 'answer', status: 503 }],
    ['no fields', { kind: 'answer', status: 200, body: '{"code":0,"data":{}}' }],
    [
      'more bytes than any answer has',
      { kind: 'answer', status: 200, body: `{"code":0,"x":"${'x'.repeat(20_000)}"}` },
    ],
  ] as const)(
    '%s in place of an answer is unavailable, perhaps with effect, and not followed',
    async (_, fault) => {
      const here = await start({}, { maxBytes: 10_000 });
      await here.operations.botInfo(never);
      here.feishu.fault('cardkit.card.create', fault);
      const error = await failure(here.operations.createCard(card, first, never));
      expect(error.code).toBe('unavailable');
      expect(here.feishu.calls()).toHaveLength(3);
    },
  );
});
