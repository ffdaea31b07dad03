import { FeishuFault } from '../fault.ts';
import { operate, type CardOperation } from '../card-operations.ts';
import type { Card } from '../card.ts';
import { isObject, type JsonObject } from '../json.ts';
import { announceCard, type Platform } from '../platform.ts';
import { requiredString, success, type ApiAnswer, type ApiRequest } from '../route.ts';

export const cardScopes = ['cardkit:card:write'];
export const cardsPath = '/open-apis/cardkit/v1/cards';
const maxSequence = 2_147_483_647;

/** The operation a card request carries; a sequence outside 1…2³¹−1 is refused before the card is looked at. */
function operationOf({ body, params, arrivedMs }: ApiRequest, api: string): CardOperation {
  const { sequence } = body;
  if (typeof sequence !== 'number' || !Number.isInteger(sequence)) throw parameterFault('sequence');
  if (sequence < 1 || sequence > maxSequence) {
    throw new FeishuFault(
      300317,
      'The sequence number for operating on the card did not increment consecutively',
    );
  }
  const uuid = body['uuid'] === undefined ? undefined : requiredString(body, 'uuid', 64);
  const rest: JsonObject = { ...body, sequence: undefined };
  return {
    arrivedMs,
    sequence,
    uuid,
    request: `${api} ${params['element_id'] ?? ''} ${JSON.stringify(rest)}`,
  };
}

/** Runs one operation of the card named in the path, tells watchers, and answers the empty success. */
export function runOperation(
  request: ApiRequest,
  api: string,
  platform: Platform,
  apply: (card: Card, operation: CardOperation) => void,
): ApiAnswer {
  const card = cardOf(request, platform);
  const operation = operationOf(request, api);
  request.note({ sequence: operation.sequence });
  operate(card, operation, platform.limits, platform.cardOptions, () => apply(card, operation));
  const message = card.messageId === undefined ? undefined : platform.world.message(card.messageId);
  card.report.mentions.forEach((id) => message?.pings.add(id));
  announceCard(platform, card);
  return success();
}

function cardOf({ params, note }: ApiRequest, platform: Platform): Card {
  const cardId = params['card_id'] ?? '';
  const elementId = params['element_id'];
  note({ cardId, ...(elementId === undefined ? {} : { elementId }) });
  const card = platform.world.cards.get(cardId);
  if (card === undefined) throw new FeishuFault(200740, 'The card entity does not exist');
  if (card.messageId !== undefined) note({ messageId: card.messageId });
  return card;
}

export function parameterFault(field: string): FeishuFault {
  return new FeishuFault(10002, `Your request contains an invalid request parameter. (${field})`);
}

/** The JSON object of a card from its string form: `""` and `{}` are an empty card. */
export function cardJson(text: string): JsonObject {
  if (text.trim() === '') throw new FeishuFault(300307, 'The card DSL is empty');
  let decoded: unknown;
  try {
    decoded = JSON.parse(text);
  } catch {
    throw new FeishuFault(200220, 'Failed to generate card content');
  }
  if (!isObject(decoded)) throw new FeishuFault(200220, 'Failed to generate card content');
  if (Object.keys(decoded).length === 0) throw new FeishuFault(300307, 'The card DSL is empty');
  return decoded;
}
