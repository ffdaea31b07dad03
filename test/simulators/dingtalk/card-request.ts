import { isObject, type JsonObject } from '../feishu/json.ts';
import { createCard, type Card } from './card.ts';
import type { CardTemplate } from './card-template.ts';
import { refusal } from './fault.ts';
import { isSafe, type Platform } from './platform.ts';
import { textOf } from './route.ts';

const maxKeyBytes = 100;

/** Makes the card of a create request, or throws the documented refusal. It is not delivered yet. */
export function makeCard(body: JsonObject, platform: Platform): Card {
  const outTrackId = textOf(body, 'outTrackId');
  if (outTrackId === undefined) throw refusal('param.outTrackIdEmpty', 'outTrackId is empty');
  const template = templateOf(body, platform);
  if (body['cardData'] === undefined) throw refusal('param.cardPublicDataEmpty', 'card public data is empty');
  const values = cardValues(body['cardData'], platform);
  const callbackType = callbackTypeOf(body);
  if (platform.cards.card(outTrackId) !== undefined)
    throw refusal('param.cardAlreadyExist', 'card already exist');
  const card = createCard({ outTrackId, template, callbackType }, values, platform);
  platform.cards.add(card);
  return card;
}

function templateOf(body: JsonObject, platform: Platform): CardTemplate {
  const id = textOf(body, 'cardTemplateId');
  if (id === undefined) throw refusal('param.cardTemplateIdEmpty', 'cardTemplateId is empty');
  const template = platform.cards.findTemplate(id);
  if (template === undefined) throw refusal('param.templateNotExist', 'card template not exist');
  if (template.state === 'unpublished')
    throw refusal('param.templateUnpublished', 'card template is not published');
  return template;
}

function callbackTypeOf(body: JsonObject): Card['callbackType'] {
  const type = body['callbackType'];
  if (type === undefined) return undefined;
  if (type === 'STREAM') return type;
  if (type === 'HTTP' && textOf(body, 'callbackRouteKey') !== undefined) return type;
  throw refusal('param.invalid', 'callbackType or callbackRouteKey is invalid');
}

/** The `cardParamMap` of `cardData` or of one person's private data: text only. */
export function cardValues(given: unknown, platform: Platform): ReadonlyMap<string, string> {
  const parameters = isObject(given) ? given['cardParamMap'] : undefined;
  if (!isObject(parameters)) throw refusal('param.invalid', 'cardParamMap is invalid');
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== 'string' || Buffer.byteLength(name) > maxKeyBytes)
      throw refusal('param.invalid', `cardParamMap.${name} is invalid`);
    const long = Buffer.byteLength(value) > platform.rules.limits.parameterBytes;
    if (long && platform.rules.longParameter === 'refused')
      throw refusal('param.invalid', `cardParamMap.${name} is too long`);
    if (!isSafe(platform, value)) throw refusal('param.contentUnsafe', 'content is unsafe');
    values.set(name, value);
  }
  return values;
}

/** The card of a request; throws when it names none or one that does not exist. */
export function cardOf(body: JsonObject, platform: Platform): Card {
  const outTrackId = textOf(body, 'outTrackId');
  if (outTrackId === undefined) throw refusal('param.outTrackIdEmpty', 'outTrackId is empty');
  const card = platform.cards.card(outTrackId);
  if (card === undefined) throw refusal('param.cardNotExist', 'card not exist');
  return card;
}
