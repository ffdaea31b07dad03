import { TOPIC_CARD } from 'dingtalk-stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { CardTemplate } from './card-template.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import { groupCard, plainClient, setStage, streamed } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const template: CardTemplate = {
  id: 'buttons.schema',
  variables: { content: 'markdown', running: 'boolean' },
  buttons: [
    {
      actionId: 'stop',
      label: '停止',
      params: { action: '${stopId}' },
      shownWhen: { variable: 'running', equals: 'true' },
    },
  ],
};

/** A card with a stop button in the group, and a client that is subscribed to presses. */
async function stage(options: DingTalkSimulatorOptions = {}) {
  const set = await setStage({ templates: [template], ...options });
  ends.push(() => set.sim.stop());
  const { sim, group, call, bob } = set;
  const client = await plainClient(sim, { subscriptions: [{ type: 'CALLBACK', topic: TOPIC_CARD }] });
  const cardParamMap = { content: '', running: 'true', stopId: 'once-1' };
  const body = groupCard(sim, group, { cardTemplateId: template.id, cardData: { cardParamMap } });
  await call('POST', '/v1.0/card/instances/createAndDeliver', body);
  const press = () => sim.press({ outTrackId: 'track-1', button: { label: '停止' }, by: bob });
  return { ...set, client, press };
}

describe('pressing a button', () => {
  it('sends its parameters with the variables filled in, as JSON text', async () => {
    const { sim, group, bob, client, press } = await stage();
    const pressed = press();
    const frame = await client.frame(0);
    expect(frame.headers['topic']).toBe('/v1.0/card/instances/callback');
    const pushed = JSON.parse(frame.data);
    expect(pushed).toMatchObject({
      type: 'actionCallback',
      outTrackId: 'track-1',
      corpId: sim.app.corpId,
      userId: bob.staffId,
      spaceType: 'IM_GROUP',
      spaceId: group.conversationId,
    });
    expect(JSON.parse(pushed.content)).toEqual({
      cardPrivateData: { actionIds: ['stop'], params: { action: 'once-1' } },
    });
    client.acknowledge(frame);
    expect(await pressed).toEqual({ result: 'accepted', card: 'unchanged' });
  });

  it('changes the card as the answer says, for all and for the one who pressed', async () => {
    const { sim, bob, client, press } = await stage();
    const pressed = press();
    client.acknowledge(await client.frame(0), 200, {
      response: {
        cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
        cardData: { cardParamMap: { running: 'false' } },
        userPrivateData: { cardParamMap: { liked: '1' } },
      },
    });
    expect(await pressed).toEqual({ result: 'accepted', card: 'changed' });
    expect(sim.card('track-1')).toMatchObject({
      buttons: [],
      values: { running: 'false', stopId: 'once-1' },
      privateValues: { [bob.staffId ?? '']: { liked: '1' } },
    });
    await expect(press()).rejects.toThrow('no such button');
  });

  it('fails for the person when no answer comes within 2 s', async () => {
    const { clock, client, press } = await stage();
    const pressed = press();
    const frame = await client.frame(0);
    await clock.advance(2000);
    expect((await pressed).result).toBe('timeout');
    client.acknowledge(frame);
    await clock.advance(60_000);
    expect(client.frames.filter(({ type }) => type === 'CALLBACK')).toHaveLength(1);
  });

  it('fails for errors, for answers of another shape, and when nobody is subscribed', async () => {
    const { sim, client, press } = await stage();
    const answered = async (index: number, code: number, data: unknown) => {
      const pressed = press();
      client.acknowledge(await client.frame(index), code, data);
      return (await pressed).result;
    };
    expect(await answered(0, 500, {})).toBe('refused');
    const numbers = { response: { cardData: { cardParamMap: { running: 0 } } } };
    expect(await answered(1, 200, numbers)).toBe('invalid-answer');
    sim.connections()[0]?.drop();
    await sim.connected(0, AbortSignal.timeout(5000));
    expect((await press()).result).toBe('no-connection');
  });

  it('marks updates that were made while it waited for its answer', async () => {
    const { sim, client, call, press } = await stage();
    const pressed = press();
    const frame = await client.frame(0);
    await call('PUT', '/v1.0/card/streaming', streamed('too early'));
    client.acknowledge(frame);
    await pressed;
    await call('PUT', '/v1.0/card/streaming', streamed('too early, now fine'));
    expect(sim.card('track-1')?.updatesDuringCallback).toBe(1);
  });

  it.each([
    ['content-params', { content: '{"actionIds":["stop"],"params":{"action":"once-1"}}' }],
    ['user-private-data', { userPrivateData: { actionIds: ['stop'], params: { action: 'once-1' } } }],
    [
      'action-data',
      { actionData: { cardPrivateData: { actionIds: ['stop'], params: { action: 'once-1' } } } },
    ],
    ['action-id-only', { actionId: 'stop' }],
  ] as const)('comes in the shape %s where the rules say so', async (callbackShape, members) => {
    const { client, press } = await stage({ rules: { callbackShape } });
    const pressed = press();
    const frame = await client.frame(0);
    expect(JSON.parse(frame.data)).toMatchObject(members);
    client.acknowledge(frame);
    await pressed;
  });
});
