import type { JsonObject } from '../../feishu/json.ts';
import { claimGuid, enterState, stateOf, type Card } from '../card.ts';
import { announceCard } from '../card-changes.ts';
import { refusal, unknownError } from '../fault.ts';
import { isSafe, type Platform } from '../platform.ts';
import { textOf, type ApiRequest, type Route } from '../route.ts';

/** Streamed updates: the whole text each time for Markdown, idempotent by `guid`. */
export function cardStreamingRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'card.streaming',
      host: 'api',
      method: 'PUT',
      path: '/v1.0/card/streaming',
      token: 'header',
      metered: 'month',
      scope: 'Card.Streaming.Write',
      handle(request) {
        stream(request, platform);
        return { json: { success: true, result: true } };
      },
    },
  ];
}

type Update = {
  readonly key: string;
  readonly content: string;
  readonly isFull: boolean;
  readonly isFinalize: boolean;
  readonly isError: boolean;
};

function stream({ body, note }: ApiRequest, platform: Platform): void {
  const card = streamedCard(body, platform);
  const guid = textOf(body, 'guid');
  if (guid === undefined) throw refusal('param.stream.guidEmpty', 'guid is empty');
  const update = decodeUpdate(body, card, platform);
  const finalise = update.isFinalize || update.isError;
  note({ outTrackId: card.outTrackId, key: update.key, guid, finalise });
  if (card.guids.has(guid)) return;
  if (update.isError && card.template.failedState === false) throw unknownError();
  if (card.finalised) {
    card.updatesAfterFinalise += 1;
    if (platform.rules.streamAfterFinalise === 'refused') throw unknownError();
  }
  apply(card, update, platform);
  claimGuid(card, guid);
  if (card.openCallbacks > 0) card.updatesDuringCallback += 1;
  announceCard(platform, card);
}

function streamedCard(body: JsonObject, platform: Platform): Card {
  const outTrackId = textOf(body, 'outTrackId');
  const card = outTrackId === undefined ? undefined : platform.cards.card(outTrackId);
  if (card !== undefined) return card;
  const documented = outTrackId === undefined || platform.rules.streamToUnknownCard === 'documented';
  throw documented ? refusal('param.stream.outTrackId', 'card is not exist') : unknownError();
}

function decodeUpdate(body: JsonObject, card: Card, platform: Platform): Update {
  const { rules } = platform;
  const key = textOf(body, 'key');
  if (key === undefined) throw refusal('param.stream.keyEmpty', 'key is empty');
  const variable = card.template.variables[key];
  if (variable === undefined && rules.unknownStreamKey === 'refused')
    throw refusal('invalid.content', 'card streaming key invalid');
  const content = body['content'];
  if (typeof content !== 'string' || (content === '' && rules.emptyContent === 'refused'))
    throw refusal('param.stream.contentEmpty', 'content is empty');
  const isFull = body['isFull'] === true;
  if (variable === 'markdown' && !isFull)
    throw refusal('param.stream.isFull', 'isFull must be true when the variable is markdown');
  const before = isFull ? '' : (card.values.get(key) ?? '');
  const tooLong = before.length + content.length > rules.limits.cardCharacters;
  if (tooLong && rules.longContent === 'refused')
    throw refusal('param.stream.content', 'content is too large');
  if (!isSafe(platform, content)) throw refusal('param.contentUnsafe', 'content is unsafe');
  const isFinalize = body['isFinalize'] === true;
  return { key, content: before + content, isFull, isFinalize, isError: body['isError'] === true };
}

function apply(card: Card, update: Update, platform: Platform): void {
  const { key, content, isFinalize, isError } = update;
  const before = card.values.get(key) ?? '';
  card.streamedUpdates += 1;
  // A key the template lacks changes nothing anybody sees.
  if (key in card.template.variables) {
    const change = {
      atMs: platform.now(),
      elementId: key,
      sequence: card.streamedUpdates,
      streamed: true,
    };
    card.history.record(change, before, content);
    card.values.set(key, content);
  }
  const state = stateOf(card);
  if (state === 'processing' || state === 'created') enterState(card, 'inputting', platform);
  if (isError) enterState(card, 'failed', platform);
  else if (isFinalize) enterState(card, 'finished', platform);
  card.finalised ||= isFinalize || isError;
}
