import { describe, expect, it } from 'vitest';
import type { Check } from '../../../src/contract/adapter.ts';
import { readRefusal } from '../../../adapters/dingtalk/error-codes.ts';
import { createHosts } from '../../../adapters/dingtalk/hosts.ts';
import { createRecordedBudget } from '../shared/recorded-budget.ts';
import { never } from '../shared/waiting.ts';
import { ended, growing, opening, stage, text } from './support.ts';

describe('refusals', () => {
  it.each([
    ['Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', 403, 'rate-limited', 1_000],
    ['Forbidden.AccessDenied.QpmLimitForAppkeyAndApi', 403, 'rate-limited', 60_000],
    ['Forbidden.AccessDenied.QpsLimitForApi', 403, 'rate-limited', 1_000],
    ['Forbidden.AccessDenied.ApiCountLimitForOrg', 403, 'quota-exhausted', undefined],
    ['Forbidden.AccessDenied.AccessTokenPermissionDenied', 403, 'forbidden', undefined],
    ['Forbidden.AccessDenied.IpNotInWhiteList', 403, 'forbidden', undefined],
    ['InvalidAuthentication', 401, 'unauthorized', undefined],
    ['param.templateNotExist', 400, 'unsupported', undefined],
    ['param.contentUnsafe', 400, 'content-rejected', undefined],
    ['contain.notAllowed.text', 400, 'content-rejected', undefined],
    ['group.disbanded', 400, 'target-gone', undefined],
    ['param.cardNotExist', 400, 'reply-closed', undefined],
    ['param.stream.content', 400, 'too-large', undefined],
    ['system.busy', 500, 'unavailable', undefined],
    ['unknownError', 500, 'unsupported', undefined],
    ['something.new', 400, 'invalid', undefined],
  ])('%s (%i) means %s', (code, status, meaning, retryAfterMs) => {
    expect(readRefusal({ status, body: { code } })).toMatchObject({
      code: meaning,
      platformCode: code,
      retryAfterMs,
    });
    expect(readRefusal({ status, body: { Code: code } })).toMatchObject({ code: meaning });
  });

  it.each([
    [300001, 'reply-closed'],
    [410100, 'rate-limited'],
    [90018, 'rate-limited'],
    [90020, 'quota-exhausted'],
    [430101, 'content-rejected'],
    [400013, 'target-gone'],
    [40014, 'unauthorized'],
    [-1, 'unavailable'],
  ])('errcode %i inside HTTP 200 means %s', (errcode, meaning) => {
    expect(readRefusal({ status: 200, body: { errcode, errmsg: 'x' } })).toMatchObject({ code: meaning });
  });

  it('are seen inside an answer that says 200, and not where there is none', () => {
    expect(readRefusal({ status: 200, body: { success: false } })).toMatchObject({ code: 'unavailable' });
    expect(readRefusal({ status: 200, body: { errcode: 0 } })).toBeUndefined();
    expect(readRefusal({ status: 200, body: { success: true, result: {} } })).toBeUndefined();
  });

  it('of the firewall are a matter of minutes', () => {
    const body = { status: 1111, wait: 5, source: 'x5', punish: 'deny' };
    expect(readRefusal({ status: 403, body })).toMatchObject({ code: 'rate-limited', retryAfterMs: 300_000 });
    expect(readRefusal({ status: 405, body: undefined })).toMatchObject({ code: 'unavailable' });
  });

  it('name the permissions that are missing', () => {
    const accessdenieddetail = { requiredScopes: ['Card.Streaming.Write'] };
    const code = 'Forbidden.AccessDenied.AccessTokenPermissionDenied';
    const found = readRefusal({ status: 403, body: { code, accessdenieddetail, requestid: 'FD9F-1' } });
    expect(found).toMatchObject({ missingScopes: ['Card.Streaming.Write'], requestId: 'FD9F-1' });
  });
});

describe('calls', () => {
  it('share one token, ask for another when it is refused, and carry no secret in their address', async () => {
    const { adapter, hear, settled, sim } = await stage();
    const message = await hear({ said: text('@{bot} 嗯') });
    const open = (key: string) => adapter.openReply(opening(message, { key }), never);
    await settled(Promise.all(['a', 'b', 'c'].map(open)));
    const tokens = (): number => sim.calls().filter(({ route }) => route.includes('accessToken')).length;
    expect(tokens()).toBe(1);
    sim.revokeTokens();
    await settled(open('d'));
    expect(tokens()).toBe(2);
    expect(sim.cards()).toHaveLength(4);
  });

  it('tell the budget when it was too often, and which limits count them', async () => {
    const budget = createRecordedBudget();
    const { adapter, hear, settled, sim, group } = await stage({ budget });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    sim.fault('card.streaming', { kind: 'canned', name: 'qps' });
    await expect(settled(sink.update(() => growing('一'), 'first', never))).rejects.toThrow();
    expect(budget.slowed).toMatchObject([{ call: { api: 'card.streaming' }, retryAfterMs: 1_000 }]);
    const first = { markdown: '好', preview: '好' };
    const message = await hear({ said: text('@{bot} 嗯') });
    await settled(adapter.openReply(opening(message, { key: 'x', first, whole: 'complete' }), never));
    expect(budget.calls.at(-1)).toEqual({
      api: 'robot.session',
      urgency: 'first',
      chat: group.conversationId,
    });
  });

  it('put neither words nor tokens into errors', async () => {
    const { adapter, hear, settled, sim, log } = await stage({ unsafeWords: ['机密'] });
    const sink = await settled(adapter.openReply(opening(await hear({ said: text('@{bot} 嗯') })), never));
    const error = await settled(sink.close(ended('机密内容'), never)).catch((thrown: unknown) => thrown);
    const words = `${String(error)} ${JSON.stringify(error)} ${log.lines.join()}`;
    expect(words).not.toContain('机密');
    expect(words).not.toContain(sim.app.clientSecret);
    expect(log.secrets.some((secret) => words.includes(secret))).toBe(false);
  });
});

describe('pictures', () => {
  it('are fetched by the robot that received them, without a header that breaks their signature', async () => {
    const { adapter, hear, settled, sim } = await stage({ app: { robotCode: 'dingrobot' } });
    const picture = { bytes: Buffer.from('bytes of a picture') };
    const items = [{ type: 'text', text: '@{bot}' } as const, { type: 'picture', picture } as const];
    const { media } = await hear({ said: { kind: 'richText', items } });
    const { declaredBytes } = await settled(adapter.fetchMedia(media[0] as never, never));
    expect(declaredBytes).toBe(picture.bytes.length);
    expect(sim.refused()).toEqual([]);
  });

  it('that stand elsewhere than at DingTalk’s are not fetched, and the log says how to allow it', async () => {
    const { adapter, hear, settled, log } = await stage({ hosts: 'three' });
    const picture = { bytes: Buffer.from('x') };
    const items = [{ type: 'text', text: '@{bot}' } as const, { type: 'picture', picture } as const];
    const { media } = await hear({ said: { kind: 'richText', items } });
    const fetched = settled(adapter.fetchMedia(media[0] as never, never));
    await expect(fetched).rejects.toMatchObject({ code: 'forbidden' });
    expect(log.lines.find((line) => line.includes('MEDIA_HOSTS=127.0.0.1:'))).toBeDefined();
  });

  it('are followed to DingTalk, to its storage, and where the operator said so', () => {
    const hosts = createHosts({
      baseUrls: ['https://api.dingtalk.com', 'http://10.0.0.5:8080/dt'],
      mediaHosts: ['files.example.com', 'cache.example.com:9000'],
    });
    const allowed = [
      'http://zjk-dingtalk.oss-cn-zhangjiakou.aliyuncs.com/a?Signature=x',
      'https://static.dingtalk.com/x',
      'http://10.0.0.5:8080/x',
      'https://files.example.com/x',
      'http://cache.example.com:9000/x',
    ];
    const refused = [
      'http://aliyuncs.com.evil.example/x',
      'http://evilaliyuncs.com/x',
      'http://10.0.0.5/x',
      'http://cache.example.com/x',
      'http://a@static.dingtalk.com/x',
      'file:///etc/passwd',
      'nonsense',
    ];
    expect(allowed.filter((url) => !hosts.allowsMedia(url))).toEqual([]);
    expect(refused.filter((url) => hosts.allowsMedia(url))).toEqual([]);
  });
});

describe('the doctor’s checks', () => {
  it('pass where all is well, and disturb nobody', async () => {
    const { adapter, settled, shown, group } = await stage();
    const checks = await settled(checksOf(adapter.probe(never)));
    expect(checks.map(({ code, state }) => [code, state])).toEqual([
      ['credentials', 'passed'],
      ['connection', 'passed'],
      ['permission', 'passed'],
      ['permission', 'passed'],
      ['permission', 'passed'],
      ['permission', 'passed'],
      ['card', 'passed'],
    ]);
    expect(shown(group)).toEqual([]);
  });

  it('name the missing permission and the page', async () => {
    const { adapter, settled } = await stage({ scopes: ['qyapi_robot_sendmsg', 'Card.Instance.Write'] });
    const checks = await settled(checksOf(adapter.probe(never)));
    expect(checks.filter(({ state }) => state === 'failed')).toMatchObject([
      { code: 'permission', missing: ['Card.Streaming.Write'], link: expect.stringContaining('dingtalk') },
    ]);
  });

  it('find a template that does not exist, and one that is not set', async () => {
    const { another, settled } = await stage({ start: false });
    const wrong = await settled(
      checksOf((await another({ DINGTALK_CARD_TEMPLATE_ID: 'x.schema' })).probe(never)),
    );
    expect(wrong.at(-1)).toMatchObject({ code: 'card', state: 'failed' });
    const none = await settled(
      checksOf((await another({ DINGTALK_CARD_TEMPLATE_ID: undefined })).probe(never)),
    );
    expect(none.at(-1)).toMatchObject({ code: 'card', state: 'unknown' });
  });

  it('stop at wrong credentials', async () => {
    const { another, settled } = await stage({ start: false });
    const adapter = await another({ DINGTALK_CLIENT_SECRET: 'not-the-secret' });
    const checks = await settled(checksOf(adapter.probe(never)));
    expect(checks.map(({ code, state }) => [code, state])).toEqual([['credentials', 'failed']]);
  });
});

async function checksOf(probe: AsyncIterable<Check>): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for await (const check of probe) checks.push(check);
  return checks;
}
