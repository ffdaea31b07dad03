import { afterEach, describe, expect, it } from 'vitest';
import type { DingTalkChange } from './changes.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import {
  accessToken,
  groupCard,
  openConnection,
  request,
  setStage,
  streamed,
  type Stage,
} from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A card to stream to, and a token asked for once. */
async function stage(options?: DingTalkSimulatorOptions) {
  const set: Stage = await setStage(options);
  ends.push(() => set.sim.stop());
  const { sim, group } = set;
  const token = await accessToken(sim);
  const send = (method: string, path: string, body: object) =>
    request(method, sim.url + path, {
      headers: { 'x-acs-dingtalk-access-token': token },
      body: JSON.stringify(body),
    });
  await send('POST', '/v1.0/card/instances/createAndDeliver', groupCard(sim, group));
  const stream = (content = 'x') => send('PUT', '/v1.0/card/streaming', streamed(content));
  return { ...set, send, stream };
}

describe('limits', () => {
  it('are 20 calls a second for each API of the app', async () => {
    const { sim, clock, stream, send } = await stage();
    for (let count = 0; count < 20; count += 1) expect((await stream()).status).toBe(200);
    expect(await stream()).toMatchObject({
      status: 403,
      json: { code: 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', requestid: expect.any(String) },
    });
    const body = { outTrackId: 'track-1', cardData: { cardParamMap: {} } };
    expect((await send('PUT', '/v1.0/card/instances', body)).status).toBe(200);
    await clock.advance(1000);
    expect((await stream()).status).toBe(200);
    expect(sim.card('track-1')?.streamedUpdates).toBe(21);
  });

  it('hold for the month, for whatever is not exempt, and calls refused for frequency do not count', async () => {
    const { sim, clock, stream } = await stage({ limits: { callsPerMonth: 3, perApiPerSecond: 2 } });
    await stream();
    await stream();
    expect((await stream()).json['code']).toBe('Forbidden.AccessDenied.QpsLimitForAppkeyAndApi');
    expect(sim.usage()).toEqual({ month: '2026-11', calls: 3, pushes: 0 });
    await clock.advance(1000);
    expect(await stream()).toMatchObject({
      status: 403,
      json: { code: 'Forbidden.AccessDenied.ApiCountLimitForOrg' },
    });
    expect(await accessToken(sim)).toMatch(/^[0-9a-f]{32}$/);
    expect((await openConnection(sim)).status).toBe(200);
  });

  it('end in a ban of the address for five minutes', async () => {
    const { sim, clock, stream } = await stage({ limits: { perAddressPer20Seconds: 5 } });
    for (let count = 0; count < 3; count += 1) await stream();
    expect(await stream()).toMatchObject({ status: 403, json: { status: 1111, punish: 'deny' } });
    await clock.advance(299_999);
    expect((await stream()).json['status']).toBe(1111);
    await clock.advance(1);
    expect((await stream()).status).toBe(200);
    expect(sim.refused().map(({ code }) => code)).toEqual(['1111', '1111']);
  });

  it('are told on the old host inside HTTP 200', async () => {
    const { sim } = await stage({ limits: { callsPerMonth: 1 } });
    const token = await accessToken(sim);
    const { status, json } = await request('POST', `${sim.oapiUrl}/media/upload?access_token=${token}`);
    expect([status, json['errcode']]).toEqual([200, 90020]);
  });
});

describe('permissions', () => {
  it('are named when they are missing, each for its own calls', async () => {
    const { stream } = await stage({ scopes: ['Card.Instance.Write'] });
    expect(await stream()).toMatchObject({
      status: 403,
      json: {
        code: 'Forbidden.AccessDenied.AccessTokenPermissionDenied',
        accessdenieddetail: { requiredScopes: ['Card.Streaming.Write'] },
      },
    });
  });

  it('may be missing behind an unknown error, or in capitalised members', async () => {
    const hidden = await stage({
      scopes: ['Card.Instance.Write'],
      rules: { missingPermission: 'unknown-error' },
    });
    expect(await hidden.stream()).toMatchObject({ status: 500, json: { code: 'unknownError' } });
    const capitalised = await stage({
      scopes: ['Card.Instance.Write'],
      rules: { errorMembers: 'capitalised' },
    });
    expect((await capitalised.stream()).json).toMatchObject({
      Code: 'Forbidden.AccessDenied.AccessTokenPermissionDenied',
      AccessDeniedDetail: { requiredScopes: ['Card.Streaming.Write'] },
    });
  });
});

describe('injected faults', () => {
  it.each([
    ['qps', 403, 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi'],
    ['monthly-quota', 403, 'Forbidden.AccessDenied.ApiCountLimitForOrg'],
    ['permission', 403, 'Forbidden.AccessDenied.AccessTokenPermissionDenied'],
    ['unknown-error', 500, 'unknownError'],
    ['system-busy', 500, 'system.busy'],
    ['invalid-token', 401, 'InvalidAuthentication'],
    ['gateway-timeout', 504, undefined],
    ['ban-json', 403, undefined],
    ['ban-html', 405, undefined],
  ] as const)('answer as the platform does: %s', async (name, status, code) => {
    const { sim, stream } = await stage();
    sim.fault('card.streaming', { kind: 'canned', name });
    const answer = await stream('unseen');
    expect([answer.status, answer.json['code']]).toEqual([status, code]);
    expect(sim.card('track-1')?.markdown).toBe('');
    expect((await stream('seen')).status).toBe(200);
    expect(sim.refused()).toHaveLength(1);
  });

  it('leave open whether the call took effect', async () => {
    const { sim, stream } = await stage();
    sim.fault('card.streaming', { kind: 'canned', name: 'gateway-timeout', tookEffect: true });
    expect((await stream('carried out')).status).toBe(504);
    expect(sim.card('track-1')?.markdown).toBe('carried out');
    sim.fault('card.streaming', { kind: 'drop-after' });
    await expect(stream('carried out too')).rejects.toThrow();
    expect(sim.card('track-1')?.markdown).toBe('carried out too');
    sim.fault('card.streaming', { kind: 'drop-before' });
    await expect(stream('not')).rejects.toThrow();
    expect(sim.card('track-1')?.markdown).toBe('carried out too');
  });

  it('hold an answer back, or refuse with any code of either host', async () => {
    const { sim, clock, stream } = await stage();
    sim.fault('*', { kind: 'delay', milliseconds: 30_000 });
    const answer = stream();
    await expect.poll(() => clock.sleeping()).toBe(1);
    await clock.advance(30_000);
    expect((await answer).status).toBe(200);
    sim.fault('card.streaming', { kind: 'refuse', code: 'param.stream.content' });
    expect(await stream()).toMatchObject({ status: 400, json: { code: 'param.stream.content' } });
    sim.fault('oapi.gettoken', { kind: 'errcode', errcode: -1 });
    expect((await request('GET', `${sim.oapiUrl}/gettoken`)).json['errcode']).toBe(-1);
  });
});

describe('what the simulator lets one see', () => {
  it('is every call by name, with ids and sizes but without texts and secrets', async () => {
    const { sim, stream, group } = await stage();
    await stream('private words');
    expect(sim.calls().map(({ api, code }) => [api, code])).toEqual([
      ['oauth2.accessToken', 'ok'],
      ['card.createAndDeliver', 'ok'],
      ['card.streaming', 'ok'],
    ]);
    expect(sim.calls()[1]?.conversationId).toBe(group.conversationId);
    expect(sim.calls()[2]).toMatchObject({ outTrackId: 'track-1', key: 'content', finalise: false });
    expect(JSON.stringify(sim.calls())).not.toMatch(/private words|[0-9a-f]{32}/);
  });

  it('is every change, at once, until the subscription ends', async () => {
    const { sim, stream } = await stage();
    const changes: DingTalkChange[] = [];
    const unsubscribe = sim.subscribe((change) => changes.push(change));
    await stream();
    expect(changes.map(({ type }) => type)).toEqual(['card-changed', 'call-made']);
    unsubscribe();
    await stream();
    expect(changes).toHaveLength(2);
  });

  it('is not an API of another host', async () => {
    const { sim } = await stage({ hosts: 'three' });
    expect((await request('GET', `${sim.url}/gettoken`)).status).toBe(404);
    expect((await request('POST', `${sim.oapiUrl}/v1.0/oauth2/accessToken`)).status).toBe(404);
  });
});
