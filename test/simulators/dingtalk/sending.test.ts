import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../feishu/json.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import { accessToken, replyBySession, request, setStage, type Answer, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage(options?: DingTalkSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

const text = { msgKey: 'sampleText', msgParam: '{"content":"hello"}' };
const markdown = (body: string) => ({
  msgKey: 'sampleMarkdown',
  msgParam: JSON.stringify({ title: 't', text: body }),
});

describe('tokens', () => {
  it('stay the same while valid, and are refused afterwards', async () => {
    const { sim, clock, group } = await stage();
    const token = await accessToken(sim);
    await clock.advance(3_600_000);
    expect(await accessToken(sim)).toBe(token);
    const send = (given: string) =>
      request('POST', `${sim.url}/v1.0/robot/groupMessages/send`, {
        headers: { 'x-acs-dingtalk-access-token': given },
        body: JSON.stringify({
          robotCode: sim.app.robotCode,
          openConversationId: group.conversationId,
          ...text,
        }),
      });
    expect((await send(token)).status).toBe(200);
    await clock.advance(3_600_000);
    expect(await send(token)).toMatchObject({ status: 401, json: { code: 'InvalidAuthentication' } });
    expect(await accessToken(sim)).not.toBe(token);
    const fresh = await accessToken(sim);
    sim.revokeTokens();
    expect((await send(fresh)).status).toBe(401);
    expect((await send('')).status).toBe(401);
  });

  it('are refused for wrong credentials, on the old host inside HTTP 200', async () => {
    const { sim } = await stage();
    const body = JSON.stringify({ appKey: sim.app.clientId, appSecret: 'x' });
    expect(await request('POST', `${sim.url}/v1.0/oauth2/accessToken`, { body })).toMatchObject({
      status: 400,
      json: { code: 'invalidClientIdOrSecret' },
    });
    const old = await request('GET', `${sim.oapiUrl}/gettoken?appkey=x&appsecret=y`);
    expect(old).toMatchObject({ status: 200, json: { errcode: 40096 } });
  });
});

describe('the robot API', () => {
  it('sends to people and names those it could not reach inside HTTP 200', async () => {
    const { sim, alice, bob, call } = await stage();
    sim.flowControl(bob.staffId ?? '', true);
    const { json } = await call('POST', '/v1.0/robot/oToMessages/batchSend', {
      robotCode: sim.app.robotCode,
      userIds: [alice.staffId, bob.staffId, 'nobody'],
      ...markdown('**hi**'),
    });
    expect(json).toEqual({
      processQueryKey: expect.any(String),
      invalidStaffIdList: ['nobody'],
      flowControlledStaffIdList: [bob.staffId],
    });
    expect(sim.messages(sim.directChat(alice).conversationId)).toMatchObject([
      { from: { kind: 'bot', via: 'robot-api' }, msgtype: 'markdown', text: '**hi**', title: 't' },
    ]);
    expect(sim.messages(sim.directChat(bob).conversationId)).toEqual([]);
    expect(sim.refused()).toHaveLength(1);
  });

  it.each([
    ['invalidParameter.robotCode.empty', { robotCode: '' }],
    ['invalidParameter.robotCode.notExsit', { robotCode: 'dingother' }],
    ['invalidParameter.userIds.empty', { userIds: [] }],
    ['invalidParameter.userIds.overMax', { userIds: Array(21).fill('1') }],
    ['invalidParameter.msgKey.invalid', { msgKey: 'sampleCard' }],
    ['invalidParameter.msgParam.invalid', { msgParam: { content: 'x' } }],
    ['invalidParameter.msgParam.invalid', { msgParam: '{}' }],
    ['contain.notAllowed.content', { msgParam: '{"content":"a secret"}' }],
  ])('refuses a direct message with %s for %j', async (code, more: JsonObject) => {
    const { sim, alice, call } = await stage({ unsafeWords: ['secret'] });
    const body = { robotCode: sim.app.robotCode, userIds: [alice.staffId], ...text, ...more };
    expect(await call('POST', '/v1.0/robot/oToMessages/batchSend', body)).toMatchObject({
      status: 400,
      json: { code },
    });
  });

  it('sends to groups up to 15,000 bytes, and refuses groups that are not there', async () => {
    const { sim, group, call } = await stage();
    const send = async (more: JsonObject): Promise<unknown> => {
      const openConversationId = group.conversationId;
      const body = { robotCode: sim.app.robotCode, openConversationId, ...text, ...more };
      return (await call('POST', '/v1.0/robot/groupMessages/send', body)).json['code'];
    };
    const frame = Buffer.byteLength(markdown('').msgParam);
    expect(await send(markdown('x'.repeat(15_000 - frame)))).toBeUndefined();
    expect(await send(markdown('x'.repeat(15_001 - frame)))).toBe('invalidParameter.msgParam.tooLong');
    expect(await send({ openConversationId: undefined })).toBe('miss.openConversationId');
    expect(await send({ openConversationId: 'cidxx' })).toBe('invalid.openConversationId');
    group.botPresent = false;
    expect(await send({})).toBe('bot.stopped');
    group.disbanded = true;
    expect(await send({})).toBe('group.disbanded');
  });

  it('takes messages back by their key', async () => {
    const { sim, group, call } = await stage();
    const { robotCode } = sim.app;
    const openConversationId = group.conversationId;
    const sent = await call('POST', '/v1.0/robot/groupMessages/send', {
      robotCode,
      openConversationId,
      ...text,
    });
    const key = sent.json['processQueryKey'];
    const recalled = await call('POST', '/v1.0/robot/groupMessages/recall', {
      robotCode,
      openConversationId,
      processQueryKeys: [key, 'other'],
    });
    expect(recalled.json).toEqual({ successResult: [key], failedResult: { other: expect.any(String) } });
    expect(sim.messages(openConversationId)[0]?.recalled).toBe(true);
  });
});

describe('the session webhook', () => {
  async function replying(options?: DingTalkSimulatorOptions) {
    const set = await stage(options);
    const { sim, group, alice } = set;
    const said = { kind: 'text', text: '@{bot} hi' } as const;
    const webhook = sim.pushed(sim.say({ chat: group, from: alice, said }).message)['sessionWebhook'];
    const reply = (body: JsonObject): Promise<Answer> => replyBySession(webhook, body);
    return { ...set, reply };
  }
  const plain = (content: string): JsonObject => ({ msgtype: 'text', text: { content } });

  it('shows text and Markdown in the chat of the message, and mentions who is named twice', async () => {
    const { sim, group, bob, reply } = await replying();
    const at = { atUserIds: [bob.staffId, 'other'] };
    const answer = await reply({
      msgtype: 'markdown',
      markdown: { title: 'Re', text: `@${bob.staffId ?? ''} **so**` },
      at,
    });
    expect(answer).toMatchObject({ status: 200, json: { errcode: 0, errmsg: 'ok' } });
    expect(sim.messages(group.conversationId).at(-1)).toMatchObject({
      from: { kind: 'bot', via: 'session-webhook' },
      msgtype: 'markdown',
      title: 'Re',
      pings: [bob.staffId],
    });
  });

  it('is gone after 90 minutes', async () => {
    const { clock, reply } = await replying();
    await clock.advance(5_399_999);
    expect((await reply(plain('in time'))).json['errcode']).toBe(0);
    await clock.advance(1);
    expect((await reply(plain('late'))).json).toEqual({ errcode: 300001, errmsg: 'session 不存在' });
  });

  it('takes 20 messages a minute, then none for ten minutes', async () => {
    const { clock, reply } = await replying();
    for (let count = 0; count < 20; count += 1) expect((await reply(plain('x'))).json['errcode']).toBe(0);
    expect((await reply(plain('x'))).json['errcode']).toBe(410100);
    await clock.advance(599_999);
    expect((await reply(plain('x'))).json['errcode']).toBe(410100);
    await clock.advance(1);
    expect((await reply(plain('x'))).json['errcode']).toBe(0);
    const free = await replying({ rules: { sessionWebhookLimited: false } });
    for (let count = 0; count < 25; count += 1)
      expect((await free.reply(plain('x'))).json['errcode']).toBe(0);
  });

  it('refuses other kinds, missing members, and chats that are gone', async () => {
    const { group, reply } = await replying();
    const errcode = async (body: JsonObject) => (await reply(body)).json['errcode'];
    expect(await errcode({ msgtype: 'image', image: {} })).toBe(400105);
    expect(await errcode({ msgtype: 'markdown', markdown: { text: 'no title' } })).toBe(40035);
    group.botPresent = false;
    expect(await errcode(plain('x'))).toBe(400102);
    group.disbanded = true;
    expect(await errcode(plain('x'))).toBe(400013);
  });
});

describe('files', () => {
  const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

  async function attached(options?: DingTalkSimulatorOptions) {
    const set = await stage(options);
    const { sim, alice, call } = set;
    const said = { kind: 'picture', picture: { bytes } } as const;
    const { message } = sim.say({ chat: sim.directChat(alice), from: alice, said });
    const downloadCode = message.resources[0]?.downloadCode;
    const ask = (more: JsonObject = {}) =>
      call('POST', '/v1.0/robot/messageFiles/download', {
        downloadCode,
        robotCode: sim.app.robotCode,
        ...more,
      });
    return { ...set, ask };
  }

  it('come from a signed address over plain HTTP, as bytes of no known type', async () => {
    const { sim, ask } = await attached({ hosts: 'three' });
    const url = new URL(String((await ask()).json['downloadUrl']));
    expect(url.origin).toBe(sim.downloadUrl);
    expect(url.origin).not.toBe(sim.url);
    expect(url.pathname).toMatch(/\.file$/);
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  it.each(['content-type', 'x-acs-dingtalk-access-token', 'authorization'])(
    'are refused to a request with %s',
    async (header) => {
      const { ask } = await attached();
      const url = String((await ask()).json['downloadUrl']);
      const { status, text } = await request('GET', url, { headers: { [header]: 'application/json' } });
      expect(status).toBe(403);
      expect(text).toContain('SignatureDoesNotMatch');
    },
  );

  it('are gone when the address or the code has expired, or was changed', async () => {
    const { clock, ask } = await attached();
    const url = String((await ask()).json['downloadUrl']);
    expect((await request('GET', url.replace(/Signature=.../, 'Signature=xxx'))).status).toBe(403);
    await clock.advance(10 * 60_000);
    expect((await request('GET', url)).text).toContain('Request has expired');
    expect((await ask()).status).toBe(200);
    await clock.advance(110 * 60_000);
    expect((await ask()).json['code']).toBe('invalidParameter.robotCode.downloadCode');
  });

  it('belong to the robot that received them, which need not have the name of the app', async () => {
    const { sim, ask } = await attached({ app: { robotCode: 'dingrobot' } });
    expect((await ask({ robotCode: sim.app.clientId })).json['code']).toBe('invalidParameter.robotCode.auth');
    expect((await ask({ robotCode: '' })).json['code']).toBe('invalidParameter.robotCode.empty');
    expect((await ask({ downloadCode: 'x' })).json['code']).toBe('invalidParameter.robotCode.downloadCode');
    expect((await ask()).status).toBe(200);
  });

  it('can be uploaded to the old host', async () => {
    const { sim } = await attached();
    const form = new FormData();
    form.set('type', 'image');
    form.set('media', new Blob([bytes]), 'a.png');
    const upload = async (token: string) =>
      request('POST', `${sim.oapiUrl}/media/upload?access_token=${token}`, { body: form });
    expect((await upload(await accessToken(sim))).json).toMatchObject({
      errcode: 0,
      media_id: expect.stringMatching(/^@/),
      type: 'image',
    });
    expect((await upload('x')).json['errcode']).toBe(40014);
  });
});
