import { isObject, type JsonObject } from '../feishu/json.ts';
import { setValues, type Card, type CardPlace } from './card.ts';
import { announceCard } from './card-changes.ts';
import { shownButtons } from './card-template.ts';
import { cardTopic } from './frames.ts';
import type { Platform } from './platform.ts';
import type { CallbackAnswer, Pusher } from './push.ts';
import type { SimPerson } from './world-types.ts';

/** Which button: one the template shows, by id or label; or any, with the parameters it would send. */
export type ButtonChoice =
  | { readonly actionId: string }
  | { readonly label: string }
  | { readonly actionId: string; readonly params: Readonly<Record<string, string>> };

export type Press = {
  readonly outTrackId: string;
  readonly button: ButtonChoice;
  readonly by: SimPerson;
  /** Where it is pressed, when the card is in several places; default the first. */
  readonly conversationId?: string;
};

/**
 * What the person sees after a press. `accepted`: the answer came within 2 s; otherwise the client says that it failed.
 * `card`: whether the answer changed what is shown.
 */
export type PressOutcome = {
  readonly result: 'accepted' | 'timeout' | 'no-connection' | 'lost' | 'refused' | 'invalid-answer';
  readonly card: 'unchanged' | 'changed';
};

/** Presses a button of a delivered card; throws when the card, the button or the callback is missing. */
export async function press(
  { outTrackId, button, by, conversationId }: Press,
  platform: Platform,
  pusher: Pusher,
): Promise<PressOutcome> {
  const card = platform.cards.card(outTrackId);
  if (card === undefined) throw new Error('there is no such card');
  if (card.callbackType !== 'STREAM') throw new Error('this card does not call back over Stream');
  const place =
    conversationId === undefined
      ? card.places[0]
      : card.places.find((known) => known.conversationId === conversationId);
  if (place === undefined) throw new Error('the card was not delivered there');
  const { actionId, params } = chosen(card, button);
  const data = callbackData(card, place, by, actionId, params, platform);
  platform.limits.push(platform.now());
  card.openCallbacks += 1;
  try {
    const answer = await pusher.call({ type: 'CALLBACK', topic: cardTopic, data });
    return show(answer, card, by, platform);
  } finally {
    card.openCallbacks -= 1;
  }
}

function chosen(
  card: Card,
  button: ButtonChoice,
): { readonly actionId: string; readonly params: Readonly<Record<string, string>> } {
  if ('params' in button) return button;
  const shown = shownButtons(card.template, card.values).find((known) =>
    'label' in button ? known.label === button.label : known.actionId === button.actionId,
  );
  if (shown === undefined) throw new Error('the card shows no such button');
  return shown;
}

function callbackData(
  { outTrackId }: Card,
  { spaceType, spaceId }: CardPlace,
  by: SimPerson,
  actionId: string,
  params: Readonly<Record<string, string>>,
  { app, rules }: Platform,
): JsonObject {
  const common = {
    type: 'actionCallback',
    outTrackId,
    corpId: app.corpId,
    userId: by.staffId ?? '',
    userIdType: 1,
    spaceType: spaceType === 'IM_GROUP' ? 'IM_GROUP' : 'IM',
    spaceId: spaceType === 'IM_GROUP' ? spaceId : '',
    extension: '{}',
  };
  const cardPrivateData = { actionIds: [actionId], params };
  switch (rules.callbackShape) {
    case 'private-data':
      return { ...common, content: JSON.stringify({ cardPrivateData }) };
    case 'content-params':
      return { ...common, content: JSON.stringify({ actionIds: [actionId], params }) };
    case 'user-private-data':
      return { ...common, content: '{}', userPrivateData: cardPrivateData };
    case 'action-data':
      return { ...common, content: '{}', actionData: { cardPrivateData } };
    case 'action-id-only':
      return { ...common, actionId };
  }
}

function show(answer: CallbackAnswer, card: Card, by: SimPerson, platform: Platform): PressOutcome {
  const { outcome, response } = answer;
  if (outcome === 'unacknowledged' || outcome === 'timeout') return { result: 'timeout', card: 'unchanged' };
  if (outcome !== 'acknowledged') return { result: outcome, card: 'unchanged' };
  if (response === undefined || response === null) return { result: 'accepted', card: 'unchanged' };
  if (!isObject(response)) return { result: 'invalid-answer', card: 'unchanged' };
  const options = isObject(response['cardUpdateOptions']) ? response['cardUpdateOptions'] : {};
  const values = textMap(response['cardData']);
  // Not keyed by user id here, unlike in the update call.
  const personal = textMap(response['userPrivateData']);
  if (values === 'invalid' || personal === 'invalid') return { result: 'invalid-answer', card: 'unchanged' };
  if (values !== undefined) setValues(card, values, options['updateCardDataByKey'] === true, platform);
  if (personal !== undefined && by.staffId !== undefined) {
    const known = options['updatePrivateDataByKey'] === true ? card.privateValues.get(by.staffId) : undefined;
    card.privateValues.set(by.staffId, new Map([...(known ?? []), ...personal]));
  }
  const changed = values !== undefined || personal !== undefined;
  if (changed) announceCard(platform, card);
  return { result: 'accepted', card: changed ? 'changed' : 'unchanged' };
}

function textMap(given: unknown): ReadonlyMap<string, string> | 'invalid' | undefined {
  if (given === undefined) return undefined;
  const parameters = isObject(given) ? given['cardParamMap'] : undefined;
  if (!isObject(parameters)) return 'invalid';
  const entries = Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : [],
  );
  return entries.length === Object.keys(parameters).length ? new Map(entries) : 'invalid';
}
