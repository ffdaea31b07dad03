import { isObject, type JsonObject } from '../feishu/json.ts';
import { addBotMessage } from './bot-message.ts';
import { enterState, stateOf, type Card, type CardPlace } from './card.ts';
import { refusal } from './fault.ts';
import type { Platform } from './platform.ts';
import { textOf } from './route.ts';
import type { SimChat } from './world-types.ts';

/** Where a card is to go. */
export type CardSpace = {
  readonly spaceType: CardPlace['spaceType'];
  readonly spaceId: string;
  readonly robotCode: string | undefined;
  /** User ids mentioned with the card. */
  readonly mentioned: readonly string[];
};

export type DeliverResult = {
  readonly spaceType: string;
  readonly spaceId: string;
  readonly success: boolean;
  readonly carrierId: string;
  readonly errorMsg: string;
};

const models = {
  IM_GROUP: { space: 'imGroupOpenSpaceModel', deliver: 'imGroupOpenDeliverModel' },
  IM_ROBOT: { space: 'imRobotOpenSpaceModel', deliver: 'imRobotOpenDeliverModel' },
} as const;

/** Decodes `openSpaceId` and the models beside it, or throws; `missingModel` is the code of a missing deliver model. */
export function spacesOf(
  body: JsonObject,
  missingModel: 'param.openDeliverModelEmpty' | 'param.spaceDeliverModelEmpty',
): readonly CardSpace[] {
  const openSpaceId = textOf(body, 'openSpaceId');
  if (openSpaceId === undefined) throw refusal('param.openSpaceIdEmpty', 'openSpaceId is empty');
  const [, listed] = /^dtv1\.card\/\/(.+)$/.exec(openSpaceId) ?? [];
  const spaces = (listed ?? '').split(';').map((space) => /^(IM_GROUP|IM_ROBOT)\.(.+)$/.exec(space));
  return spaces.map((space) => {
    const spaceType = space?.[1] === 'IM_GROUP' || space?.[1] === 'IM_ROBOT' ? space[1] : undefined;
    const spaceId = space?.[2];
    if (spaceType === undefined || spaceId === undefined)
      throw refusal('param.openSpaceIdInvalid', 'openSpaceId is invalid');
    const names = models[spaceType];
    const spaceModel = body[names.space];
    if (spaceModel !== undefined && !isObject(spaceModel))
      throw refusal('param.openSpaceModelInvalid', 'open space model is invalid');
    const deliver = body[names.deliver];
    if (deliver === undefined) throw refusal(missingModel, 'open deliver model is empty');
    return { spaceType, spaceId, ...checkModel(deliver, spaceType) };
  });
}

function checkModel(
  model: unknown,
  spaceType: CardPlace['spaceType'],
): Pick<CardSpace, 'robotCode' | 'mentioned'> {
  const wrong = refusal('param.openDeliverModelError', 'open deliver model is invalid');
  if (!isObject(model)) throw wrong;
  const robotCode = textOf(model, 'robotCode');
  if (spaceType === 'IM_GROUP' && robotCode === undefined) throw wrong;
  if (spaceType === 'IM_ROBOT' && model['spaceType'] !== 'IM_ROBOT') throw wrong;
  const mentioned = isObject(model['atUserIds']) ? Object.keys(model['atUserIds']) : [];
  return { robotCode, mentioned };
}

/** Puts the card into each space. Failures are told in the result, inside an answer that says success. */
export function deliverCard(
  card: Card,
  spaces: readonly CardSpace[],
  platform: Platform,
): readonly DeliverResult[] {
  return spaces.map((space) => {
    const { spaceType, spaceId } = space;
    const chat = chatOf(space, platform);
    const failure = platform.cards.takeRefusedDelivery() ?? problem(space, chat, platform);
    if (failure !== undefined || chat === undefined) {
      return { spaceType, spaceId, success: false, carrierId: '', errorMsg: failure ?? 'unknown' };
    }
    const carrierId = platform.ids.processQueryKey();
    const { conversationId } = chat;
    const { msgId } = addBotMessage(platform, {
      conversationId,
      via: 'card',
      msgtype: 'interactiveCard',
      text: '',
      content: {},
      processQueryKey: carrierId,
      card,
      pings: new Set(space.mentioned),
    });
    card.places.push({ spaceType, spaceId, conversationId, carrierId, msgId });
    if (stateOf(card) === 'created') enterState(card, 'processing', platform);
    return { spaceType, spaceId, success: true, carrierId, errorMsg: '' };
  });
}

/** One-to-one spaces are named by the person's user id, never by a conversation. */
function chatOf({ spaceType, spaceId }: CardSpace, { world }: Platform): SimChat | undefined {
  if (spaceType === 'IM_GROUP') return world.chat(spaceId);
  const person = world.person(spaceId);
  return person !== undefined && person.staffId === spaceId ? world.directChat(person) : undefined;
}

function problem(
  { spaceType, robotCode }: CardSpace,
  chat: SimChat | undefined,
  { app }: Platform,
): string | undefined {
  if (robotCode !== undefined && robotCode !== app.robotCode) return 'robot not exist';
  if (chat === undefined) return spaceType === 'IM_ROBOT' ? 'user not exist' : 'conversation not exist';
  if (spaceType === 'IM_GROUP' && chat.kind !== 'group') return 'conversation is not a group';
  return chat.disbanded || !chat.botPresent ? 'robot not in conversation' : undefined;
}
