import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../feishu/json.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import {
  accessToken,
  groupCard,
  plainClient,
  replyBySession,
  request,
  setStage,
  streamed,
  type Stage,
} from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage(options?: DingTalkSimulatorOptions): Promise<Stage> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  return set;
}

/** A card whose template has no `flowStatus`, told to be finished by that variable. */
async function flowing(options?: DingTalkSimulatorOptions): Promise<string | undefined> {
  const { sim, group, call } = await stage(options);
  const cardParamMap = { content: '', flowStatus: '3' };
  await call('POST', '/v1.0/card/instances/createAndDeliver', groupCard(sim, group));
  await call('PUT', '/v1.0/card/instances', { outTrackId: 'track-1', cardData: { cardParamMap } });
  return sim.card('track-1')?.state;
}

describe('what the documents leave open', () => {
  it('is whether the random choice may hit a connection that is leaving', async () => {
    const lost = async (choosesLeaving: boolean) => {
      const { sim, alice, clock } = await stage({ rules: { choosesLeaving, redelivery: 'never' } });
      await plainClient(sim);
      sim.connections()[0]?.disconnect();
      await plainClient(sim);
      const chat = sim.directChat(alice);
      for (let count = 0; count < 20; count += 1)
        sim.say({ chat, from: alice, said: { kind: 'text', text: 'hi' } });
      await clock.settle();
      return sim.deliveries().filter(({ attempts }) => attempts[0]?.outcome === 'lost').length;
    };
    expect(await lost(false)).toBe(0);
    expect(await lost(true)).toBeGreaterThan(0);
  });

  it('is whether an acknowledgement with an error settles a push', async () => {
    const { sim, alice } = await stage({ rules: { refusedAcknowledgement: 'accepted' } });
    const client = await plainClient(sim);
    const said = { kind: 'text', text: 'hi' } as const;
    const { deliveries } = sim.say({ chat: sim.directChat(alice), from: alice, said });
    client.acknowledge(await client.frame(0), 500);
    expect((await deliveries[0])?.state).toBe('acknowledged');
  });

  it('is how a push above the quota names its error', async () => {
    const { sim, alice } = await stage({
      rules: { pushQuotaMembers: 'errCode' },
      limits: { pushesPerMonth: 0 },
    });
    const said = { kind: 'text', text: 'hi' } as const;
    const { message } = sim.say({ chat: sim.directChat(alice), from: alice, said });
    expect(sim.pushed(message)).toMatchObject({ errCode: 20001, errMsg: expect.any(String) });
  });

  it('is the status of a token that no longer works, and which host a token is for', async () => {
    const { sim } = await stage({ rules: { invalidTokenStatus: 400, tokenDomains: 'separate' } });
    const refused = await request('PUT', `${sim.url}/v1.0/card/streaming`, {
      headers: { 'x-acs-dingtalk-access-token': 'x' },
    });
    expect(refused).toMatchObject({ status: 400, json: { code: 'InvalidAuthentication' } });
    const upload = async (from: Stage['sim']) => {
      const token = await accessToken(from);
      const url = `${from.oapiUrl}/media/upload?type=image&access_token=${token}`;
      return (await request('POST', url)).json['errcode'];
    };
    expect(await upload(sim)).toBe(40014);
    expect(await upload((await stage()).sim)).toBe(41005);
  });

  it('is whether flowStatus means anything to a template without it', async () => {
    expect(await flowing()).toBe('processing');
    expect(await flowing({ rules: { flowStatus: 'always' } })).toBe('finished');
  });

  it('is whether long values and unknown keys are refused', async () => {
    const tried = async (options: DingTalkSimulatorOptions) => {
      const { sim, group, call } = await stage(options);
      const cardParamMap = { content: 'x'.repeat(1025) };
      const body = groupCard(sim, group, { cardData: { cardParamMap } });
      const created = await call('POST', '/v1.0/card/instances/createAndDeliver', body);
      const streaming = await call('PUT', '/v1.0/card/streaming', streamed('x', { key: 'other' }));
      return [created.status, streaming.status];
    };
    expect(await tried({})).toEqual([200, 400]);
    expect(await tried({ rules: { longParameter: 'refused' } })).toEqual([400, 400]);
    expect(await tried({ rules: { unknownStreamKey: 'ignored' } })).toEqual([200, 200]);
  });

  it('is whether replies by session webhook count toward the month', async () => {
    const used = async (sessionWebhookCounts: boolean) => {
      const { sim, alice } = await stage({ rules: { sessionWebhookCounts } });
      const said = { kind: 'text', text: 'hi' } as const;
      const { message } = sim.say({ chat: sim.directChat(alice), from: alice, said });
      const body: JsonObject = { msgtype: 'text', text: { content: 'x' } };
      await replyBySession(sim.pushed(message)['sessionWebhook'], body);
      return sim.usage().calls;
    };
    expect(await used(false)).toBe(0);
    expect(await used(true)).toBe(1);
  });

  it('is whether a new connection is told that it is registered', async () => {
    const told = async (registeredFrame: 'never' | 'sometimes') => {
      const { sim, clock } = await stage({ rules: { registeredFrame } });
      const clients = [];
      for (let count = 0; count < 12; count += 1) clients.push(await plainClient(sim));
      await clock.settle();
      return clients.filter(({ frames }) => frames.length > 0).length;
    };
    expect(await told('never')).toBe(0);
    const some = await told('sometimes');
    expect([some > 0, some < 12]).toEqual([true, true]);
  });
});

describe('further limits', () => {
  it('are calls a minute where an edition has that, and 6,000 messages a minute for the robot', async () => {
    const { sim, group, call } = await stage({
      limits: { perApiPerMinute: 3, robotMessagesPerMinute: 1 },
    });
    const body = {
      robotCode: sim.app.robotCode,
      openConversationId: group.conversationId,
      msgKey: 'sampleText',
      msgParam: '{"content":"x"}',
    };
    const token = { 'x-acs-dingtalk-access-token': await accessToken(sim) };
    const send = async () =>
      (
        await request('POST', `${sim.url}/v1.0/robot/groupMessages/send`, {
          headers: token,
          body: JSON.stringify(body),
        })
      ).json['code'];
    expect(await send()).toBeUndefined();
    expect(await send()).toBe('toomuch.msg');
    expect(await send()).toBe('toomuch.msg');
    expect(await send()).toBe('Forbidden.AccessDenied.QpmLimitForAppkeyAndApi');
    expect((await call('POST', '/v1.0/card/instances', {})).status).toBe(400);
  });

  it('answer a banned address as HTML where the rules say so', async () => {
    const { sim } = await stage({ rules: { banBody: 'html' }, limits: { perAddressPer20Seconds: 1 } });
    await accessToken(sim);
    const { status, text } = await request('GET', `${sim.oapiUrl}/gettoken`);
    expect(status).toBe(405);
    expect(text).toMatch(/^<!DOCTYPE html>/);
  });
});
