import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../feishu/json.ts';
import type { CardTemplate } from './card-template.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import { groupCard, setStage, streamed, type Answer, type Stage } from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

type Table = Stage & {
  create(more?: JsonObject): Promise<Answer>;
  stream(content: string, more?: JsonObject): Promise<Answer>;
  update(more: JsonObject): Promise<Answer>;
};

async function table(options?: DingTalkSimulatorOptions): Promise<Table> {
  const set = await setStage(options);
  ends.push(() => set.sim.stop());
  const { sim, group, call } = set;
  return {
    ...set,
    create: (more) => call('POST', '/v1.0/card/instances/createAndDeliver', groupCard(sim, group, more)),
    stream: (content, more) => call('PUT', '/v1.0/card/streaming', streamed(content, more)),
    update: (more) => call('PUT', '/v1.0/card/instances', { outTrackId: 'track-1', ...more }),
  };
}

const flow: CardTemplate = {
  id: 'flow.schema',
  variables: { msgContent: 'markdown', flowStatus: 'text' },
  failedState: false,
  buttons: [
    {
      actionId: 'stop',
      label: '停止',
      params: { id: '${stopId}' },
      shownWhen: { variable: 'flowStatus', equals: '2' },
    },
  ],
};

describe('creating and delivering a card', () => {
  it('shows it in the group as processing', async () => {
    const { sim, group, bob, create } = await table();
    const atUserIds = { [bob.staffId ?? '']: 'Bob' };
    const { status, json } = await create({
      imGroupOpenDeliverModel: { robotCode: sim.app.robotCode, atUserIds },
    });
    expect(status).toBe(200);
    const spaceId = group.conversationId;
    expect(json).toEqual({
      success: true,
      result: {
        outTrackId: 'track-1',
        deliverResults: [
          { spaceType: 'IM_GROUP', spaceId, success: true, carrierId: expect.any(String), errorMsg: '' },
        ],
      },
    });
    const [message] = sim.messages(group.conversationId);
    expect(message).toMatchObject({
      from: { kind: 'bot', via: 'card' },
      msgtype: 'interactiveCard',
      pings: [bob.staffId],
    });
    expect(message?.card).toMatchObject({ state: 'processing', finalised: false, texts: { content: '' } });
  });

  it('reaches a person by user id, and nobody by conversation or without an id', async () => {
    const { sim, alice, create } = await table();
    const to = (outTrackId: string, id: string) =>
      create({
        outTrackId,
        openSpaceId: `dtv1.card//IM_ROBOT.${id}`,
        imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode: sim.app.robotCode },
      });
    const direct = sim.directChat(alice).conversationId;
    const guest = sim.addPerson({ name: 'Guest', external: true });
    await to('a', alice.staffId ?? '');
    expect(sim.messages(direct)).toHaveLength(1);
    for (const [track, id] of [
      ['b', direct],
      ['c', guest.senderId],
    ] as const) {
      const { status, json } = await to(track, id);
      expect([status, json['success']]).toEqual([200, true]);
      expect(json['result']).toMatchObject({
        deliverResults: [{ success: false, errorMsg: 'user not exist' }],
      });
    }
    expect(sim.refused().map(({ hidden, code }) => [hidden, code])).toEqual([
      ['deliverResults', 'ok'],
      ['deliverResults', 'ok'],
    ]);
  });

  it('can fail to deliver inside an answer that says success', async () => {
    const { sim, group, create } = await table();
    sim.refuseDeliveries('chatbot not in conversation', 1);
    expect((await create()).json['result']).toMatchObject({ deliverResults: [{ success: false }] });
    expect(sim.messages(group.conversationId)).toHaveLength(0);
    expect(sim.card('track-1')?.state).toBe('created');
    group.botPresent = false;
    expect((await create({ outTrackId: 'x' })).json['result']).toMatchObject({
      deliverResults: [{ success: false, errorMsg: 'robot not in conversation' }],
    });
  });

  it.each([
    ['param.outTrackIdEmpty', { outTrackId: '' }],
    ['param.cardTemplateIdEmpty', { cardTemplateId: undefined }],
    ['param.templateNotExist', { cardTemplateId: 'x.schema' }],
    ['param.templateUnpublished', { cardTemplateId: 'draft.schema' }],
    ['param.cardPublicDataEmpty', { cardData: undefined }],
    ['param.openSpaceIdEmpty', { openSpaceId: undefined }],
    ['param.openSpaceIdInvalid', { openSpaceId: 'cidxxx' }],
    ['param.openSpaceModelInvalid', { imGroupOpenSpaceModel: 'x' }],
    ['param.openDeliverModelEmpty', { imGroupOpenDeliverModel: undefined }],
    ['param.openDeliverModelError', { imGroupOpenDeliverModel: {} }],
    ['param.invalid', { callbackType: 'stream' }],
    ['param.invalid', { callbackType: 'HTTP' }],
    ['param.invalid', { cardData: { cardParamMap: { content: 1 } } }],
    ['param.contentUnsafe', { cardData: { cardParamMap: { content: 'a secret word' } } }],
  ])('is refused with %s for %j, and then makes nothing', async (code, more) => {
    const templates: CardTemplate[] = [{ id: 'draft.schema', state: 'unpublished', variables: {} }];
    const { sim, create } = await table({ templates, unsafeWords: ['secret'] });
    expect(await create(more)).toMatchObject({ status: 400, json: { code, requestid: expect.any(String) } });
    expect(sim.cards()).toEqual([]);
  });

  it('is refused for an outTrackId that was used before', async () => {
    const { create } = await table();
    await create();
    expect((await create()).json['code']).toBe('param.cardAlreadyExist');
  });

  it('goes in two steps as well, at the price of one more call', async () => {
    const { sim, group, call } = await table();
    const { imGroupOpenDeliverModel, openSpaceId, ...card } = groupCard(sim, group);
    expect((await call('POST', '/v1.0/card/instances', card)).json).toEqual({
      success: true,
      result: 'track-1',
    });
    expect(sim.card('track-1')?.state).toBe('created');
    const deliver = (more: JsonObject) =>
      call('POST', '/v1.0/card/instances/deliver', { outTrackId: 'track-1', openSpaceId, ...more });
    expect((await deliver({})).json['code']).toBe('param.spaceDeliverModelEmpty');
    expect((await deliver({ imGroupOpenDeliverModel })).json['result']).toMatchObject([{ success: true }]);
    expect(sim.card('track-1')?.state).toBe('processing');
  });
});

describe('streaming into a card', () => {
  it('moves it from processing over inputting to finished, and shows each text whole', async () => {
    const { sim, create, stream } = await table();
    await create();
    expect((await stream('你')).json).toEqual({ success: true, result: true });
    await stream('你好');
    await stream('您好。', { isFinalize: true });
    const card = sim.card('track-1');
    expect(card?.states.map(({ state }) => state)).toEqual([
      'created',
      'processing',
      'inputting',
      'finished',
    ]);
    expect(card).toMatchObject({ finalised: true, markdown: '您好。', redraws: 1, streamedUpdates: 3 });
    expect(card?.history.map(({ key, text, prefixExtending }) => [key, text, prefixExtending])).toEqual([
      ['content', '你', true],
      ['content', '你好', true],
      ['content', '您好。', false],
    ]);
  });

  it('does nothing twice for one guid', async () => {
    const { sim, create, stream } = await table();
    await create();
    await stream('first', { guid: 'same' });
    expect((await stream('second', { guid: 'same' })).status).toBe(200);
    expect(sim.card('track-1')).toMatchObject({ markdown: 'first', streamedUpdates: 1 });
  });

  it('appends to a variable that is no Markdown', async () => {
    const { sim, create, stream } = await table();
    await create();
    await stream('a', { key: 'note', isFull: false });
    await stream('b', { key: 'note', isFull: false });
    expect(sim.card('track-1')?.texts['note']).toBe('ab');
  });

  it.each([
    ['param.stream.keyEmpty', { key: '' }],
    ['param.stream.guidEmpty', { guid: '' }],
    ['param.stream.contentEmpty', { content: undefined }],
    ['param.stream.isFull', { isFull: false }],
    ['param.stream.isFull', { isFull: undefined }],
    ['param.stream.outTrackId', { outTrackId: 'none' }],
    ['invalid.content', { key: 'other' }],
    ['param.contentUnsafe', { content: 'a secret word' }],
  ])('is refused with %s for %j', async (code, more) => {
    const { sim, create, stream } = await table({ unsafeWords: ['secret'] });
    await create();
    expect(await stream('x', more)).toMatchObject({ status: 400, json: { code } });
    expect(sim.card('track-1')).toMatchObject({ state: 'processing', streamedUpdates: 0 });
  });

  it('takes an empty text to enter inputting, unless the rules follow the error list', async () => {
    const lenient = await table();
    await lenient.create();
    expect((await lenient.stream('')).status).toBe(200);
    expect(lenient.sim.card('track-1')?.state).toBe('inputting');
    const strict = await table({ rules: { emptyContent: 'refused' } });
    await strict.create();
    expect((await strict.stream('')).json['code']).toBe('param.stream.contentEmpty');
  });

  it('after the end is refused or ignored, and counted', async () => {
    const strict = await table();
    await strict.create();
    await strict.stream('done', { isFinalize: true });
    expect(await strict.stream('more')).toMatchObject({ status: 500, json: { code: 'unknownError' } });
    expect(strict.sim.card('track-1')).toMatchObject({ markdown: 'done', updatesAfterFinalise: 1 });
    const lenient = await table({ rules: { streamAfterFinalise: 'accepted' } });
    await lenient.create();
    await lenient.stream('done', { isFinalize: true });
    expect((await lenient.stream('more')).status).toBe(200);
    expect(lenient.sim.card('track-1')).toMatchObject({ state: 'finished', updatesAfterFinalise: 1 });
  });

  it('shows a blank card above 3,000 characters without any error, refuses it, or lets it pass', async () => {
    const [fits, long] = ['字'.repeat(3000), '字'.repeat(3001)];
    const shown = async (longContent: 'blank' | 'refused' | 'fine') => {
      const { sim, create, stream } = await table({ rules: { longContent } });
      await create();
      await stream(fits);
      const before = sim.card('track-1')?.markdown.length;
      const { status, json } = await stream(long);
      const card = sim.card('track-1');
      return [before, status, json['code'], card?.markdown.length, card?.blank];
    };
    expect(await shown('blank')).toEqual([3000, 200, undefined, 0, true]);
    expect(await shown('refused')).toEqual([3000, 400, 'param.stream.content', 3000, false]);
    expect(await shown('fine')).toEqual([3000, 200, undefined, 3001, false]);
  });

  it('ends as failed with isError, where the template has that state', async () => {
    const { sim, create, stream } = await table({ templates: [flow] });
    await create();
    await stream('sorry', { isError: true });
    expect(sim.card('track-1')?.state).toBe('failed');
    await create({ outTrackId: 'other', cardTemplateId: flow.id });
    const refused = await stream('sorry', { outTrackId: 'other', key: 'msgContent', isError: true });
    expect(refused).toMatchObject({ status: 500, json: { code: 'unknownError' } });
  });

  it('into no card gets what was seen live where the rules say so', async () => {
    const { stream } = await table({ rules: { streamToUnknownCard: 'unknown-error' } });
    expect(await stream('x')).toMatchObject({
      status: 500,
      json: { code: 'unknownError', message: '未知错误' },
    });
  });
});

describe('updating a card', () => {
  it('overwrites every variable unless told to go by key', async () => {
    const { sim, create, stream, update } = await table();
    await create();
    await stream('answer', { isFinalize: true });
    const cardData = { cardParamMap: { note: 'n' } };
    await update({ cardData, cardUpdateOptions: { updateCardDataByKey: true } });
    expect(sim.card('track-1')?.texts).toEqual({ content: 'answer', note: 'n' });
    await update({ cardData });
    expect(sim.card('track-1')?.texts).toEqual({ content: '', note: 'n' });
  });

  it('follows flowStatus where the template has it, and shows the buttons of that state', async () => {
    const { sim, create, update } = await table({ templates: [flow] });
    await create({ cardTemplateId: flow.id, cardData: { cardParamMap: {} } });
    const set = (flowStatus: string) =>
      update({
        cardData: { cardParamMap: { flowStatus, stopId: 's1' } },
        cardUpdateOptions: { updateCardDataByKey: true },
      });
    await set('2');
    expect(sim.card('track-1')).toMatchObject({
      state: 'inputting',
      buttons: [{ actionId: 'stop', label: '停止', params: { id: 's1' } }],
    });
    await set('3');
    expect(sim.card('track-1')).toMatchObject({ state: 'finished', buttons: [] });
  });

  it('keeps private values by person', async () => {
    const { sim, alice, create, update } = await table();
    await create();
    const staffId = alice.staffId ?? '';
    const values = (name: string) => ({ [staffId]: { cardParamMap: { [name]: '1' } } });
    await update({ privateData: values('liked') });
    await update({ privateData: values('seen'), cardUpdateOptions: { updatePrivateDataByKey: true } });
    expect(sim.card('track-1')?.privateValues).toEqual({ [staffId]: { liked: '1', seen: '1' } });
    const unknown = await update({ privateData: { nobody: { cardParamMap: {} } } });
    expect(unknown.json['code']).toBe('param.userIdNotExist');
  });

  it('is refused without data, or for a card that does not exist', async () => {
    const { update } = await table();
    const code = async (body: JsonObject) => (await update(body)).json['code'];
    expect(await code({})).toBe('param.cardDataAndPrivateDataBothEmpty');
    expect(await code({ cardData: { cardParamMap: {} } })).toBe('param.cardNotExist');
  });
});
