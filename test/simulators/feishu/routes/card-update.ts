import { CardProblem } from '../card-problem.ts';
import { reviseCard, replacement } from '../card-operations.ts';
import { FeishuFault } from '../fault.ts';
import { isObject } from '../json.ts';
import { announceCard, type Platform } from '../platform.ts';
import { requiredString, type Route } from '../route.ts';

/** The late answer to a card callback: `POST /open-apis/interactive/v1/card/update`. */
export function cardUpdateRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'interactive.card.update',
      method: 'POST',
      path: '/open-apis/interactive/v1/card/update',
      scopes: ['im:message', 'im:message:send_as_bot', 'im:message:update'],
      handle({ body, arrivedMs, note }) {
        const json = body['card'];
        if (!isObject(json)) throw new FeishuFault(10002, 'card is invalid');
        const messageId = platform.updateTokens.use(requiredString(body, 'token', 200), arrivedMs);
        const message = platform.world.message(messageId);
        note({ messageId });
        if (message?.state !== 'sent') throw new FeishuFault(200000, 'the card was recalled');
        const { card } = message;
        if (card === undefined) {
          message.legacyCard = json;
        } else {
          try {
            const operation = { arrivedMs, sequence: card.lastSequence };
            reviseCard(card, operation, platform.cardOptions, () =>
              replacement(card, json, arrivedMs, platform.cardOptions),
            );
          } catch (error) {
            throw error instanceof CardProblem ? new FeishuFault(11311, error.message) : error;
          }
          announceCard(platform, card);
        }
        return { json: { code: 0, msg: 'ok' } };
      },
    },
  ];
}
