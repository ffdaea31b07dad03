import { afterEach, describe, expect, it } from 'vitest';
import { apiStage } from './app-test-support.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { newestIn, pixel } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const api = (options?: WeComSimulatorOptions) => apiStage(ends, options);

describe('access tokens', () => {
  it('are given for the right credentials only, the same one while it lives', async () => {
    const { sim, get, token } = await api();
    const { corpId, agentSecret } = sim.corp;
    const path = '/cgi-bin/gettoken?';
    expect(await get(`${path}corpid=wwother&corpsecret=${agentSecret}`)).toMatchObject({ errcode: 40013 });
    expect(await get(`${path}corpid=${corpId}&corpsecret=no`)).toMatchObject({ errcode: 40001 });
    expect(await get(`${path}corpid=${corpId}&corpsecret=${agentSecret}`)).toMatchObject({
      errcode: 0,
      expires_in: 7200,
    });
    expect(await token()).toBe(await token());
  });

  it('are refused when missing, made up, revoked and expired', async () => {
    const { sim, send, token, clock } = await api();
    expect(await send({}, '')).toMatchObject({ errcode: 41001 });
    expect(await send({}, 'made-up')).toMatchObject({ errcode: 40014 });
    const revoked = await token();
    sim.revokeTokens();
    expect(await send({}, revoked)).toMatchObject({ errcode: 40014 });
    const old = await token();
    await clock.advance(7_200_000);
    expect(await send({}, old)).toMatchObject({ errcode: 42001 });
    expect(await send()).toMatchObject({ errcode: 0 });
    expect(await send({}, old)).toMatchObject({ errcode: 42001 });
  });

  it('are not given to who asks too often', async () => {
    const { token, get, sim } = await api({ limits: { tokensPerMinute: 2 } });
    await token();
    await token();
    const { corpId, agentSecret } = sim.corp;
    expect(await get(`/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)).toMatchObject({
      errcode: 45009,
    });
  });

  it('do not help from an address that is not trusted', async () => {
    const { sim, send } = await api();
    sim.trustAddress(false);
    const refusal = await send();
    expect(refusal).toMatchObject({ errcode: 60020, errmsg: expect.stringContaining('from ip: 127.0.0.1,') });
    sim.trustAddress(true);
    expect(await send()).toMatchObject({ errcode: 0 });
  });
});

describe('sending', () => {
  it('cuts at 2,048 bytes without a word, and never within a character', async () => {
    const { sim, send, shown, alice } = await api();
    const fits = '字'.repeat(682) + 'ab';
    expect(await send({ text: { content: fits } })).toMatchObject({ errcode: 0 });
    expect(await send({ text: { content: '字'.repeat(683) } })).toMatchObject({ errcode: 0 });
    expect(shown()).toEqual([fits, '字'.repeat(682)]);
    expect(sim.messages(sim.appChat(alice).chatId).map(({ cut }) => cut)).toEqual([false, true]);
  });

  it('drops the 31st message of a minute to one member silently, and tells only us', async () => {
    const { sim, send, shown, bob, clock } = await api();
    for (let index = 0; index < 31; index += 1) expect(await send()).toMatchObject({ errcode: 0 });
    expect(shown()).toHaveLength(30);
    expect(sim.calls().at(-1)).toMatchObject({ api: 'message.send', code: 0, unseen: 'quota' });
    expect(await send({ touser: bob.userId })).toMatchObject({ errcode: 0 });
    expect(sim.messages(sim.appChat(bob).chatId)).toHaveLength(1);
    await clock.advance(60_000);
    await send();
    expect(shown()).toHaveLength(31);
  });

  it('is refused with 45009 above the limits of the corporation', async () => {
    const perApi = await api({ limits: { apiPerMinute: 2 } });
    for (const errcode of [0, 0, 45009]) expect(await perApi.send()).toMatchObject({ errcode });
    const perDay = await api({ limits: { personSendsPerDay: 3 } });
    const both = { touser: 'XiaoLi|bob' };
    for (const errcode of [0, 45009]) expect(await perDay.send(both)).toMatchObject({ errcode });
    await perDay.clock.advance(86_400_000);
    expect(await perDay.send(both)).toMatchObject({ errcode: 0 });
  });

  it('names members that do not exist, and refuses when there is nobody else', async () => {
    const { send, shown } = await api();
    expect(await send({ touser: 'XiaoLi|xiaoli' })).toMatchObject({ errcode: 0, invaliduser: 'xiaoli' });
    expect(await send({ touser: 'nobody' })).toMatchObject({ errcode: 81013 });
    expect(shown()).toHaveLength(1);
  });

  it('refuses another agent, an unknown kind, an empty text and unknown media', async () => {
    const { send } = await api();
    expect(await send({ agentid: 1 })).toMatchObject({ errcode: 40056 });
    expect(await send({ msgtype: 'stream' })).toMatchObject({ errcode: 40008 });
    expect(await send({ text: { content: '' } })).toMatchObject({ errcode: 44004 });
    expect(await send({ msgtype: 'image', image: { media_id: 'x' } })).toMatchObject({ errcode: 40007 });
  });

  it('sends nothing twice when asked to check for repetitions', async () => {
    const { send, shown, clock, sim } = await api();
    const checked = { enable_duplicate_check: 1, duplicate_check_interval: 60 };
    await send(checked);
    expect(await send(checked)).toMatchObject({ errcode: 0 });
    expect(sim.calls().at(-1)).toMatchObject({ unseen: 'duplicate' });
    expect(shown()).toHaveLength(1);
    await clock.advance(60_000);
    await send(checked);
    expect(shown()).toHaveLength(2);
  });

  it('takes a message back', async () => {
    const { sim, send, post, token, alice } = await api();
    const { msgid } = await send();
    expect(await post(`/cgi-bin/message/recall?access_token=${await token()}`, { msgid })).toMatchObject({
      errcode: 0,
    });
    expect(sim.messages(sim.appChat(alice).chatId)[0]?.state).toBe('recalled');
  });

  it('cuts the connection, or answers anything, where a fault is in the way', async () => {
    const { sim, send, shown } = await api();
    sim.fault('message.send', { kind: 'drop-after' });
    await expect(send()).rejects.toThrow();
    expect(shown()).toHaveLength(1);
    sim.fault('message.send', { kind: 'code', code: -1 });
    expect(await send()).toMatchObject({ errcode: -1 });
    expect(shown()).toHaveLength(1);
    expect(sim.refused().map(({ code, fault }) => [code, fault])).toEqual([
      [-1, 'drop-after'],
      [-1, 'code'],
    ]);
  });
});

describe('media', () => {
  it('are uploaded, sent, and fetched for three days', async () => {
    const { sim, post, token, send, alice, clock } = await api();
    const form = new FormData();
    form.append('media', new Blob([pixel]), 'a.png');
    const path = '/cgi-bin/media/upload?access_token=';
    const uploaded = await post(`${path}${await token()}&type=image`, form);
    expect(uploaded).toMatchObject({ errcode: 0, type: 'image' });
    await send({ msgtype: 'image', image: { media_id: uploaded['media_id'] } });
    const message = newestIn(sim, sim.appChat(alice));
    expect(message.media).toMatchObject([{ type: 'image', fileName: 'a.png' }]);
    expect(Buffer.from(message.media[0]?.bytes ?? [])).toEqual(pixel);
    const fetched = async () =>
      fetch(
        `${sim.url}/cgi-bin/media/get?access_token=${await token()}&media_id=${String(uploaded['media_id'])}`,
      );
    expect(Buffer.from(await (await fetched()).arrayBuffer())).toEqual(pixel);
    await clock.advance(3 * 86_400_000);
    expect(await (await fetched()).json()).toMatchObject({ errcode: 40007 });
  });

  it('are refused when they are of another kind than said, or too small', async () => {
    const { post, token } = await api();
    const upload = async (bytes: Uint8Array, type: string) => {
      const form = new FormData();
      form.append('media', new Blob([Buffer.from(bytes)]), 'a.bin');
      return post(`/cgi-bin/media/upload?access_token=${await token()}&type=${type}`, form);
    };
    expect(await upload(Buffer.from('no picture'), 'image')).toMatchObject({ errcode: 40005 });
    expect(await upload(Buffer.from('12345'), 'file')).toMatchObject({ errcode: 40006 });
    expect(await upload(pixel, 'song')).toMatchObject({ errcode: 40004 });
  });
});
